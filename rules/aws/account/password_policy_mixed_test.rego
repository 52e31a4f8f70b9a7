package aws.account.password_policy_mixed_test

import data.aws.account.password_policy_mixed
import data.lib.cases as lib

_policy := {
	"minimum_length": 14,
	"require_symbols": true,
	"require_numbers": true,
	"require_uppercase": true,
	"require_lowercase": true,
	"allow_users_to_change": true,
}

_without(setting) := {"configuration": {"password_policy": object.union(_policy, {setting: false})}}

cases := {
	"no lower-case letters fails": {
		"want": "fail",
		"paths": ["/configuration/password_policy/require_lowercase"],
		"resource": _without("require_lowercase"),
	},
	"no digits fails": {"want": "fail", "resource": _without("require_numbers")},
	"no symbols fails": {"want": "fail", "resource": _without("require_symbols")},
	"no upper-case letters fails": {"want": "fail", "resource": _without("require_uppercase")},
	"no policy fails": {"want": "fail", "paths": ["/configuration/password_policy"], "resource": {"configuration": {}}},
	"all four pass": {"want": "pass", "resource": {"configuration": {"password_policy": _policy}}},
	"an unread policy is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/password_policy"]}},
}

test_each_denial_has_its_topic if {
	topics := {denial.topic | some denial in password_policy_mixed.deny} with input as lib.input_of(cases["no policy fails"])
	topics == {"lowercase", "number", "symbol", "uppercase"}
}

test_cases if {
	every case in cases {
		denials := password_policy_mixed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
