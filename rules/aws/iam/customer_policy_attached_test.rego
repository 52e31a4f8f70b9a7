package aws.iam.customer_policy_attached_test

import data.aws.iam.customer_policy_attached
import data.lib.cases as lib

_policy(managed, attached) := {"configuration": {"aws_managed": managed}, "facts": {"attached": {"value": attached}}}

cases := {
	"a policy that nobody has fails": {"want": "fail", "paths": ["/facts/attached"], "resource": _policy(false, false)},
	"one that somebody has passes": {"want": "pass", "resource": _policy(false, true)},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, false)},
	"attachments that are not read are unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"attached": {"waits_for": ["the list of roles"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_attached.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
