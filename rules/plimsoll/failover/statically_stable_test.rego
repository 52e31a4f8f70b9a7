package plimsoll.failover.statically_stable_test

import data.lib.cases as lib
import data.plimsoll.failover.statically_stable

_path(fact) := {
	"configuration": {"degraded_region": "us-east-1", "region": "eu-west-1"},
	"facts": {"unstable": fact},
}

cases := {
	"a recipe that changes roles fails": {
		"want": "fail",
		"paths": ["/facts/unstable/value/0"],
		"resource": _path({"value": [{
			"reason": "iam:AttachRolePolicy changes iam, whose control plane is in us-east-1 alone",
			"because": "/configuration/recipe/0",
		}]}),
	},
	"a path that needs nothing of the kind passes": {"want": "pass", "resource": _path({"value": []})},
	"a region of which nobody knows whether it is enabled is unknown": {
		"want": "unknown",
		"resource": _path({"waits_for": ["whether region eu-south-1 is enabled in account 111122223333"]}),
	},
}

test_cases if {
	every case in cases {
		denials := statically_stable.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
