package plimsoll.failover.path_stays_in_bounds_test

import data.lib.cases as lib
import data.plimsoll.failover.path_stays_in_bounds

_path(fact) := {
	"configuration": {"degraded_region": "us-east-1", "region": "eu-west-1"},
	"facts": {"exceeded": fact},
}

cases := {
	"a bound that is exceeded fails": {
		"want": "fail",
		"paths": ["/facts/exceeded/value/0"],
		"resource": _path({"value": [{
			"step": "must_not 1",
			"action": "iam:CreateUser",
			"resource": "*",
			"statements": ["0 of arn:aws:iam::aws:policy/AdministratorAccess"],
			"because": "/configuration/must_not/0",
		}]}),
	},
	"an end within its bounds passes": {"want": "pass", "resource": _path({"value": []})},
	"an end whose policies were not read is unknown": {
		"want": "unknown",
		"resource": _path({"waits_for": ["arn:aws:iam::111122223333:role/orders#/configuration/inline_policies"]}),
	},
}

test_cases if {
	every case in cases {
		denials := path_stays_in_bounds.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
