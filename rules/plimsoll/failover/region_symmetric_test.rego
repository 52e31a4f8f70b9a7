package plimsoll.failover.region_symmetric_test

import data.lib.cases as lib
import data.plimsoll.failover.region_symmetric

_path(fact) := {
	"configuration": {"degraded_region": "us-east-1", "region": "eu-west-1"},
	"facts": {"pinned": fact},
}

cases := {
	"a queue of one region only fails": {
		"want": "fail",
		"paths": ["/facts/pinned/value/0"],
		"resource": _path({"value": [{
			"role": "arn:aws:iam::111122223333:role/orders",
			"action": "sqs:SendMessage",
			"home": "arn:aws:sqs:us-east-1:111122223333:orders",
			"resource": "arn:aws:sqs:eu-west-1:111122223333:orders",
			"reason": "the identity policy: no statement allows sqs:SendMessage",
			"statement": "0 of arn:aws:iam::111122223333:policy/orders",
			"because": "/configuration/hops/0",
		}]}),
	},
	"a role that may do the same in both regions passes": {"want": "pass", "resource": _path({"value": []})},
	"a role whose policies were not read is unknown": {
		"want": "unknown",
		"resource": _path({"waits_for": ["arn:aws:iam::111122223333:role/orders#/configuration/inline_policies"]}),
	},
}

test_cases if {
	every case in cases {
		denials := region_symmetric.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
