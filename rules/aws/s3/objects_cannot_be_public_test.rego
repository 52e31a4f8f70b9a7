package aws.s3.objects_cannot_be_public_test

import data.aws.s3.objects_cannot_be_public
import data.lib.cases as lib

cases := {
	"ACLs that count and are not ignored fail": {
		"want": "fail",
		"resource": {"facts": {"objects_may_be_public": {"value": true}}},
	},
	"ACLs that are off or ignored pass": {
		"want": "pass",
		"resource": {"facts": {"objects_may_be_public": {"value": false}}},
	},
	"an unread block is unknown": {
		"want": "unknown",
		"resource": {"facts": {"objects_may_be_public": {"waits_for": ["/configuration/public_access_block"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := objects_cannot_be_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
