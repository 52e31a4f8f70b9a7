package aws.vpc.routes_lead_somewhere_test

import data.aws.vpc.routes_lead_somewhere
import data.lib.cases as lib

cases := {
	"a route to a deleted gateway fails": {
		"want": "fail",
		"paths": ["/configuration/routes/1/state"],
		"resource": {"configuration": {"routes": [
			{"destination": "10.0.0.0/16", "target": "local", "state": "active"},
			{"destination": "0.0.0.0/0", "target": "nat-0a", "state": "blackhole"},
		]}},
	},
	"active routes pass": {
		"want": "pass",
		"resource": {"configuration": {"routes": [{"destination": "10.0.0.0/16", "target": "local", "state": "active"}]}},
	},
	"unread routes are unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/routes"]},
	},
}

test_cases if {
	every case in cases {
		denials := routes_lead_somewhere.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
