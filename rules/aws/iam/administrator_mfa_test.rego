package aws.iam.administrator_mfa_test

import data.aws.iam.administrator_mfa
import data.lib.cases as lib

_admin(configuration) := {"configuration": configuration, "facts": {"admin": {"value": true}}}

_key(active) := [{"slot": 1, "active": active}]

cases := {
	"an administrator with a password alone fails": {
		"want": "fail",
		"paths": ["/configuration/mfa_active"],
		"resource": _admin({"console_password": true, "mfa_active": false, "access_keys": []}),
	},
	"an administrator with a key alone fails": {
		"want": "fail",
		"resource": _admin({"console_password": false, "mfa_active": false, "access_keys": _key(true)}),
	},
	"an administrator with a device passes": {
		"want": "pass",
		"resource": _admin({"console_password": true, "mfa_active": true, "access_keys": []}),
	},
	"an administrator without credentials passes": {
		"want": "pass",
		"resource": _admin({"console_password": false, "mfa_active": false, "access_keys": _key(false)}),
	},
	"another user passes": {"want": "pass", "resource": {
		"configuration": {"console_password": true, "mfa_active": false, "access_keys": []},
		"facts": {"admin": {"value": false}},
	}},
	"unread policies are unknown": {"want": "unknown", "resource": {
		"configuration": {"console_password": true, "mfa_active": false},
		"facts": {"admin": {"waits_for": ["/configuration/inline_policies"]}},
	}},
	"unread devices are unknown": {"want": "unknown", "resource": object.union(
		_admin({"console_password": true}),
		{"unknown": ["/configuration/mfa_active"]},
	)},
}

test_cases if {
	every case in cases {
		denials := administrator_mfa.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
