package aws.iam.role_not_open_to_anyone_test

import data.aws.iam.role_not_open_to_anyone
import data.lib.cases as lib

_role(restricted) := {"facts": {"trusted": {"value": [{
	"kind": "anyone",
	"name": "*",
	"foreign": true,
	"condition_keys": [],
	"restricted": restricted,
	"because": "/configuration/assume_role_policy/Statement/0",
}]}}}

cases := {
	"a role for anyone fails": {
		"want": "fail",
		"paths": ["/facts/trusted/value/0"],
		"resource": _role(false),
	},
	"a role for anyone in the organization passes": {"want": "pass", "resource": _role(true)},
	"an unread trust policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := role_not_open_to_anyone.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
