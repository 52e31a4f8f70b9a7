package aws.ec2.instance_not_old_test

import data.aws.ec2.instance_not_old
import data.lib.cases as lib

_seen(state, launched) := {"configuration": {"observed": {"state": state, "launched": launched}}}

cases := {
	"an old instance fails": {
		"want": "fail",
		"paths": ["/configuration/observed/launched"],
		"resource": _seen("running", "2026-05-01T00:00:00Z"),
	},
	"a young one passes": {"want": "pass", "resource": _seen("running", "2026-11-01T00:00:00Z")},
	"a stopped one passes": {"want": "pass", "resource": _seen("stopped", "2020-01-01T00:00:00Z")},
	"an unread start is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/observed"]}},
}

test_cases if {
	every case in cases {
		denials := instance_not_old.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
