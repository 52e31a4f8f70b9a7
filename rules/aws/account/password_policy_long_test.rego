package aws.account.password_policy_long_test

import data.aws.account.password_policy_long
import data.lib.cases as lib

_policy(length) := {
	"minimum_length": length,
	"require_symbols": true,
	"require_numbers": true,
	"require_uppercase": true,
	"require_lowercase": true,
	"allow_users_to_change": true,
}

cases := {
	"a short minimum fails": {
		"want": "fail",
		"paths": ["/configuration/password_policy/minimum_length"],
		"resource": {"configuration": {"password_policy": _policy(13)}},
	},
	"no policy fails": {"want": "fail", "paths": ["/configuration/password_policy"], "resource": {"configuration": {}}},
	"a long minimum passes": {"want": "pass", "resource": {"configuration": {"password_policy": _policy(14)}}},
	"an unread policy is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/password_policy"]}},
}

test_cases if {
	every case in cases {
		denials := password_policy_long.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
