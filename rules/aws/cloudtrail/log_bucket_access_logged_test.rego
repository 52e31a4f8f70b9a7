package aws.cloudtrail.log_bucket_access_logged_test

import data.aws.cloudtrail.log_bucket_access_logged
import data.lib.cases as lib

cases := {
	"a trail's bucket without access logs fails": {
		"want": "fail",
		"resource": {"facts": {"trail_logs_unwatched": {"value": true}}},
	},
	"another bucket, or one with access logs, passes": {
		"want": "pass",
		"resource": {"facts": {"trail_logs_unwatched": {"value": false}}},
	},
	"trails that were not read are unknown": {
		"want": "unknown",
		"resource": {"facts": {"trail_logs_unwatched": {"waits_for": ["list of AWS::CloudTrail::Trail in 111122223333 global"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := log_bucket_access_logged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
