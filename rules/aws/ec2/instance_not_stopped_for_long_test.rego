package aws.ec2.instance_not_stopped_for_long_test

import data.aws.ec2.instance_not_stopped_for_long
import data.lib.cases as lib

_stopped(since) := {"configuration": {"observed": {"state": "stopped", "stopped_since": since}}}

cases := {
	"stopped for more days than allowed fails": {
		"want": "fail",
		"paths": ["/configuration/observed/stopped_since"],
		"resource": _stopped("2026-10-22T00:00:00Z"),
	},
	"the last day passes": {"want": "pass", "resource": _stopped("2026-10-23T00:00:00Z")},
	"a running instance passes": {
		"want": "pass",
		"resource": {"configuration": {"observed": {"state": "running", "launched": "2020-01-01T00:00:00Z"}}},
	},
	"a stop at a time that AWS does not tell is unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"observed": {"state": "stopped"}},
			"unknown": ["/configuration/observed/stopped_since"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := instance_not_stopped_for_long.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
