package aws.ec2.entries_not_shadowed_test

import data.aws.ec2.entries_not_shadowed
import data.lib.cases as lib

cases := {
	"an entry inside another fails": {
		"want": "fail",
		"paths": ["/facts/shadowed/value/0"],
		"resource": {"facts": {"shadowed": {"value": [{
			"direction": "ingress",
			"entry": "tcp 22 from 10.1.0.0/16",
			"wider": "tcp 22 from 10.0.0.0/8",
			"because": ["/configuration/ingress/1"],
		}]}}},
	},
	"entries side by side pass": {"want": "pass", "resource": {"facts": {"shadowed": {"value": []}}}},
	"unread entries are unknown": {
		"want": "unknown",
		"resource": {"facts": {"shadowed": {"waits_for": ["/configuration/ingress"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := entries_not_shadowed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
