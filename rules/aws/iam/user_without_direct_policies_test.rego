package aws.iam.user_without_direct_policies_test

import data.aws.iam.user_without_direct_policies
import data.lib.cases as lib

cases := {
	"an attached policy fails": {
		"want": "fail",
		"paths": ["/configuration/attached_policies/0"],
		"resource": {"configuration": {"attached_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}},
	},
	"an inline policy fails": {
		"want": "fail",
		"paths": ["/configuration/inline_policies/0"],
		"resource": {"configuration": {"inline_policies": [{"name": "extra"}]}},
	},
	"a user with groups only passes": {"want": "pass", "resource": {"configuration": {"groups": ["developers"]}}},
	"unread policies are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/inline_policies"]}},
}

test_cases if {
	every case in cases {
		denials := user_without_direct_policies.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
