package aws.account.root_not_used_test

import data.aws.account.root_not_used
import data.lib.cases as lib

_used(time) := {"configuration": {"observed": {"root_last_used": time}}}

cases := {
	"a use of today fails": {
		"want": "fail",
		"paths": ["/configuration/observed/root_last_used"],
		"resource": _used("2026-11-22T00:00:00Z"),
	},
	"a use of six days ago fails": {"want": "fail", "resource": _used("2026-11-16T00:00:00Z")},
	"a use of a week ago passes": {"want": "pass", "resource": _used("2026-11-15T00:00:00Z")},
	"a root that was never used passes": {"want": "pass", "resource": {"configuration": {"observed": {}}}},
	"an unread report is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/observed/root_last_used"]},
	},
}

test_cases if {
	every case in cases {
		denials := root_not_used.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
