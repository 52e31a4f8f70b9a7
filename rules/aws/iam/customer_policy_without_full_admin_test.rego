package aws.iam.customer_policy_without_full_admin_test

import data.aws.iam.customer_policy_without_full_admin
import data.lib.cases as lib

_policy(managed, admin, attached) := {
	"configuration": {"aws_managed": managed},
	"facts": {"admin": {"value": admin}, "attached": {"value": attached}},
}

cases := {
	"full administration fails, attached": {"want": "fail", "paths": ["/facts/admin"], "resource": _policy(false, true, true)},
	"full administration fails, attached nowhere": {"want": "fail", "resource": _policy(false, true, false)},
	"one whose attachments are not read fails": {"want": "fail", "resource": {"configuration": {"aws_managed": false}, "facts": {"admin": {"value": true}}}},
	"a limited policy passes": {"want": "pass", "resource": _policy(false, false, true)},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, true, true)},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"admin": {"waits_for": ["/configuration/document"]}, "attached": {"value": true}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_without_full_admin.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
