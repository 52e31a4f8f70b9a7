package aws.iam.unused_credentials_disabled_test

import data.aws.iam.unused_credentials_disabled
import data.lib.cases as lib

_key := [{"slot": 1, "active": true, "last_rotated": "2024-01-01T00:00:00Z"}]

_used(time) := {"configuration": {"access_keys": _key, "observed": {"access_key_last_used": {"1": time}}}}

_password(used) := {"configuration": {
	"console_password": true,
	"password_last_changed": "2024-01-01T00:00:00Z",
	"observed": {"password_last_used": used},
}}

cases := {
	"a key idle for longer fails": {
		"want": "fail",
		"paths": ["/configuration/observed/access_key_last_used/1"],
		"resource": _used("2026-10-01T00:00:00Z"),
	},
	"a key that was never used fails": {
		"want": "fail",
		"resource": {"configuration": {"access_keys": _key, "observed": {}}},
	},
	"a password idle for longer fails": {
		"want": "fail",
		"paths": ["/configuration/observed/password_last_used"],
		"resource": _password("2026-10-01T00:00:00Z"),
	},
	"a key in use passes": {"want": "pass", "resource": _used("2026-11-20T00:00:00Z")},
	"a password in use passes": {"want": "pass", "resource": _password("2026-11-20T00:00:00Z")},
	"a user without credentials passes": {
		"want": "pass",
		"resource": {"configuration": {"console_password": false, "access_keys": []}},
	},
	"unread use is unknown, not never": {"want": "unknown", "resource": {
		"configuration": {"access_keys": _key},
		"unknown": ["/configuration/observed"],
	}},
}

test_cases if {
	every case in cases {
		denials := unused_credentials_disabled.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
