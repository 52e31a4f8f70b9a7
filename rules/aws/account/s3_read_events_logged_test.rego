package aws.account.s3_read_events_logged_test

import data.aws.account.s3_read_events_logged
import data.lib.cases as lib

cases := {
	"a trail that leaves them out fails": {"want": "fail", "resource": {"facts": {"s3_read_events_logged": {"value": false}}}},
	"a trail that records them passes": {"want": "pass", "resource": {"facts": {"s3_read_events_logged": {"value": true}}}},
	"trails that were not read are unknown": {
		"want": "unknown",
		"resource": {"facts": {"s3_read_events_logged": {"waits_for": ["list of AWS::CloudTrail::Trail in 111122223333 global"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := s3_read_events_logged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
