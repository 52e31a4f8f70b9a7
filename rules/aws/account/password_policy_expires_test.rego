package aws.account.password_policy_expires_test

import data.aws.account.password_policy_expires
import data.lib.cases as lib

_policy := {
	"minimum_length": 14,
	"require_symbols": true,
	"require_numbers": true,
	"require_uppercase": true,
	"require_lowercase": true,
	"allow_users_to_change": true,
}

_after(days) := {"configuration": {"password_policy": object.union(_policy, {"max_age_days": days})}}

cases := {
	"passwords that last for longer fail": {
		"want": "fail",
		"paths": ["/configuration/password_policy/max_age_days"],
		"resource": _after(91),
	},
	"passwords that last for ever fail": {"want": "fail", "resource": {"configuration": {"password_policy": _policy}}},
	"no policy fails": {"want": "fail", "resource": {"configuration": {}}},
	"passwords that expire in time pass": {"want": "pass", "resource": _after(90)},
	"an unread policy is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/password_policy"]}},
}

test_cases if {
	every case in cases {
		denials := password_policy_expires.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
