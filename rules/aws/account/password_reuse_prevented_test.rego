package aws.account.password_reuse_prevented_test

import data.aws.account.password_reuse_prevented
import data.lib.cases as lib

_policy := {
	"minimum_length": 14,
	"require_symbols": true,
	"require_numbers": true,
	"require_uppercase": true,
	"require_lowercase": true,
	"allow_users_to_change": true,
}

_remembering(count) := object.union(_policy, {"reuse_prevention": count})

cases := {
	"too few fail": {"want": "fail", "resource": {"configuration": {"password_policy": _remembering(5)}}},
	"none at all fails": {"want": "fail", "resource": {"configuration": {"password_policy": _policy}}},
	"no policy fails": {"want": "fail", "resource": {"configuration": {}}},
	"enough pass": {"want": "pass", "resource": {"configuration": {"password_policy": _remembering(24)}}},
	"an unread policy is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/password_policy"]}},
}

test_cases if {
	every case in cases {
		denials := password_reuse_prevented.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
