package plimsoll.failover.session_long_enough_test

import data.lib.cases as lib
import data.plimsoll.failover.session_long_enough

_path(fact) := {
	"configuration": {"degraded_region": "us-east-1", "region": "eu-west-1"},
	"facts": {"short_sessions": fact},
}

cases := {
	"a chained session of four hours fails": {
		"want": "fail",
		"paths": ["/facts/short_sessions/value/0"],
		"resource": _path({"value": [{
			"reason": "hop 2 asks for 14400 s, and a session made from a role's session has at most 3600 s",
			"because": "/configuration/hops/1/duration_seconds",
		}]}),
	},
	"a session of an hour passes": {"want": "pass", "resource": _path({"value": []})},
	"a role whose longest session was not read is unknown": {
		"want": "unknown",
		"resource": _path({"waits_for": ["arn:aws:iam::111122223333:role/orders#/configuration/max_session_duration"]}),
	},
}

test_cases if {
	every case in cases {
		denials := session_long_enough.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
