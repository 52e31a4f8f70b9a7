package aws.iam.full_admin_not_attached_test

import data.aws.iam.full_admin_not_attached
import data.lib.cases as lib

_policy(managed, admin, attached) := {
	"configuration": {"aws_managed": managed},
	"facts": {"admin": {"value": admin}, "attached": {"value": attached}},
}

cases := {
	"an attached policy with everything fails": {"want": "fail", "resource": _policy(true, true, true)},
	"one that is attached nowhere passes": {"want": "pass", "resource": _policy(true, true, false)},
	"a limited one passes": {"want": "pass", "resource": _policy(true, false, true)},
	"one of the customer's own passes": {"want": "pass", "resource": _policy(false, true, true)},
	"one whose attachments are not read is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": true}, "facts": {"admin": {"value": true}, "attached": {"waits_for": ["the list of roles"]}}}},
}

test_cases if {
	every case in cases {
		denials := full_admin_not_attached.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
