package aws.iam.foreign_trust_bound_test

import data.aws.iam.foreign_trust_bound
import data.lib.cases as lib

_role(foreign, keys) := {"facts": {"trusted": {"value": [{
	"kind": "account",
	"name": "arn:aws:iam::444455556666:root",
	"account": "444455556666",
	"foreign": foreign,
	"condition_keys": keys,
	"restricted": false,
	"because": "/configuration/assume_role_policy/Statement/0",
}]}}}

cases := {
	"a foreign account without condition fails": {"want": "fail", "resource": _role(true, [])},
	"a foreign account with another condition fails": {"want": "fail", "resource": _role(true, ["aws:sourceip"])},
	"a foreign account with an external id passes": {"want": "pass", "resource": _role(true, ["sts:externalid"])},
	"a foreign principal whose account is not told fails": {"want": "fail", "resource": {"facts": {"trusted": {"value": [{
		"kind": "principal",
		"name": "arn:aws:iam::444455556666:role/ci",
		"foreign": true,
		"condition_keys": [],
		"restricted": false,
		"because": "/configuration/assume_role_policy/Statement/0",
	}]}}}},
	"the own account passes": {"want": "pass", "resource": _role(false, [])},
	"an unread trust policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := foreign_trust_bound.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
