package aws.s3.replicated_to_another_region_test

import data.aws.s3.replicated_to_another_region
import data.lib.cases as lib

cases := {
	"no replication fails": {
		"want": "fail",
		"resource": {"facts": {"replicated_to_another_region": {"value": false}}},
	},
	"replication to another region passes": {
		"want": "pass",
		"resource": {"facts": {"replicated_to_another_region": {"value": true}}},
	},
	"a destination that was not read is unknown": {
		"want": "unknown",
		"resource": {"facts": {"replicated_to_another_region": {"waits_for": ["arn:aws:s3:::copy#/region"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := replicated_to_another_region.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
