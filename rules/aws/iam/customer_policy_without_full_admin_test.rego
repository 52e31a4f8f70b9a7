package aws.iam.customer_policy_without_full_admin_test

import data.aws.iam.customer_policy_without_full_admin
import data.lib.cases as lib

cases := {
	"a customer policy with everything fails": {
		"want": "fail",
		"resource": {"configuration": {"aws_managed": false}, "facts": {"admin": {"value": true}}},
	},
	"a limited policy passes": {
		"want": "pass",
		"resource": {"configuration": {"aws_managed": false}, "facts": {"admin": {"value": false}}},
	},
	"a policy of AWS passes": {
		"want": "pass",
		"resource": {"configuration": {"aws_managed": true}, "facts": {"admin": {"value": true}}},
	},
	"an unread document is unknown": {"want": "unknown", "resource": {
		"configuration": {"aws_managed": false},
		"facts": {"admin": {"waits_for": ["/configuration/document"]}},
		"unknown": ["/configuration/document"],
	}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_without_full_admin.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
