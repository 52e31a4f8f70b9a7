package aws.s3.foreign_access_not_cut_test

import data.aws.s3.foreign_access_not_cut
import data.lib.cases as lib

cases := {
	"accounts that are shut out fail": {
		"want": "fail",
		"resource": {"facts": {"foreign_access_cut": {"value": true}}},
	},
	"a policy without a public statement passes": {
		"want": "pass",
		"resource": {"facts": {"foreign_access_cut": {"value": false}}},
	},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"foreign_access_cut": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := foreign_access_not_cut.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
