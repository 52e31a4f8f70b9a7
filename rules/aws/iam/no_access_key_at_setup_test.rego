package aws.iam.no_access_key_at_setup_test

import data.aws.iam.no_access_key_at_setup
import data.lib.cases as lib

_user(changes) := {"configuration": object.union(
	{
		"console_password": true,
		"access_keys": [{"slot": 2, "active": true, "last_rotated": "2026-11-01T10:11:12Z"}],
		"observed": {"created": "2026-11-01T00:00:00Z"},
	},
	changes,
)}

cases := {
	"a key of the same day that was never used fails": {
		"want": "fail",
		"paths": ["/configuration/observed/access_key_last_used/2"],
		"resource": _user({}),
	},
	"a key that is in use passes": {
		"want": "pass",
		"resource": _user({"observed": {"access_key_last_used": {"2": "2026-11-20T00:00:00Z"}}}),
	},
	"a key of a later day passes": {"want": "pass", "resource": _user({"observed": {"created": "2026-10-31T00:00:00Z"}})},
	"a user who cannot sign in passes": {"want": "pass", "resource": _user({"console_password": false})},
	"an inactive key passes": {"want": "pass", "resource": _user({"access_keys": [
		{"slot": 2, "active": false, "last_rotated": "2026-11-01T10:11:12Z"},
	]})},
	"unread use is unknown, not never": {"want": "unknown", "resource": object.union(
		_user({}),
		{"unknown": ["/configuration/observed/access_key_last_used"]},
	)},
}

test_cases if {
	every case in cases {
		denials := no_access_key_at_setup.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
