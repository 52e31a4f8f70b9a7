package aws.s3.access_point_not_public_test

import data.aws.s3.access_point_not_public
import data.lib.cases as lib

cases := {
	"a public access point fails": {"want": "fail", "resource": {"facts": {"public": {"value": true}}}},
	"a private access point passes": {"want": "pass", "resource": {"facts": {"public": {"value": false}}}},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"public": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := access_point_not_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
