package aws.iam.access_keys_rotated_test

import data.aws.iam.access_keys_rotated
import data.lib.cases as lib

_user(active, rotated) := {"configuration": {"access_keys": [{"slot": 1, "active": active, "last_rotated": rotated}]}}

cases := {
	"an old active key fails": {
		"want": "fail",
		"paths": ["/configuration/access_keys/0/last_rotated"],
		"resource": _user(true, "2026-08-23T00:00:00Z"),
	},
	"a key of ninety days passes": {"want": "pass", "resource": _user(true, "2026-08-24T00:00:00Z")},
	"an old inactive key passes": {"want": "pass", "resource": _user(false, "2020-01-01T00:00:00Z")},
	"unread keys are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/access_keys"]}},
}

test_cases if {
	every case in cases {
		denials := access_keys_rotated.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
