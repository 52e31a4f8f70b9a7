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
	"a password that was never used fails": {
		"want": "fail",
		"paths": ["/configuration/observed/password_last_used"],
		"resource": {"configuration": {
			"console_password": true,
			"password_last_changed": "2024-01-01T00:00:00Z",
			"observed": {},
		}},
	},
	"a new password that was not used yet passes": {"want": "pass", "resource": {"configuration": {
		"console_password": true,
		"password_last_changed": "2026-11-20T00:00:00Z",
		"observed": {},
	}}},
	"an inactive key passes": {"want": "pass", "resource": {"configuration": {
		"access_keys": [{"slot": 1, "active": false, "last_rotated": "2024-01-01T00:00:00Z"}],
		"observed": {},
	}}},
	"a key that was last used 45 days ago passes": {"want": "pass", "resource": _used("2026-10-08T00:00:00Z")},
	"a key in use passes": {"want": "pass", "resource": _used("2026-11-20T00:00:00Z")},
	"a password in use passes": {"want": "pass", "resource": _password("2026-11-20T00:00:00Z")},
	"a user without credentials passes": {
		"want": "pass",
		"resource": {"configuration": {"console_password": false, "access_keys": []}},
	},
	"a user made after the report is unknown": {"want": "unknown", "resource": {"unknown": [
		"/configuration/access_keys",
		"/configuration/console_password",
		"/configuration/observed/access_key_last_used",
		"/configuration/observed/password_last_used",
		"/configuration/password_last_changed",
	]}},
	"unread use is unknown, not never": {"want": "unknown", "resource": {
		"configuration": {"access_keys": _key},
		"unknown": ["/configuration/observed"],
	}},
}

_topics(case) := {denial.topic | some denial in unused_credentials_disabled.deny with input as lib.input_of(case)}

test_what_is_idle_for_90_days_has_a_topic_of_its_own if {
	_topics({"resource": _used("2026-10-01T00:00:00Z")}) == {"key"}
	_topics({"resource": _used("2026-08-01T00:00:00Z")}) == {"key-90-days"}
	_topics({"resource": _password("2026-10-01T00:00:00Z")}) == {"password"}
	_topics({"resource": _password("2026-08-01T00:00:00Z")}) == {"password-90-days"}
}

test_cases if {
	every case in cases {
		denials := unused_credentials_disabled.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
