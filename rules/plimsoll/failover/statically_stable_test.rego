package plimsoll.failover.statically_stable_test

import data.lib.cases as lib
import data.plimsoll.failover.statically_stable

cases := {
	"a recipe that changes roles fails": {
		"want": "fail",
		"paths": ["/facts/unstable/value/0"],
		"resource": {"facts": {"unstable": {"value": [{
			"reason": "iam:AttachRolePolicy changes iam, whose control plane is in us-east-1 alone",
			"because": "/configuration/recipe/0",
		}]}}},
	},
	"a path that needs nothing of the kind passes": {"want": "pass", "resource": {"facts": {"unstable": {"value": []}}}},
	"a region of which nobody knows whether it is enabled is unknown": {
		"want": "unknown",
		"resource": {"facts": {"unstable": {"waits_for": ["whether region eu-south-1 is enabled in account 111122223333"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := statically_stable.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
