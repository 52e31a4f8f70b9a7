package aws.ec2.snapshot_not_public_test

import data.aws.ec2.snapshot_not_public
import data.lib.cases as lib

cases := {
	"a public snapshot fails": {
		"want": "fail",
		"paths": ["/facts/public"],
		"resource": {
			"configuration": {"public": true},
			"facts": {"public": {"value": true, "because": ["/configuration/public"]}},
		},
	},
	"a private snapshot passes": {"want": "pass", "resource": {"facts": {"public": {"value": false}}}},
	"one that the region shuts passes": {
		"want": "pass",
		"resource": {"configuration": {"public": true}, "facts": {"public": {"value": false}}},
	},
	"an unread list of public snapshots is unknown": {
		"want": "unknown",
		"resource": {"facts": {"public": {"waits_for": ["/configuration/public"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := snapshot_not_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
