package aws.s3.not_public_test

import data.aws.s3.not_public
import data.lib.cases as lib

cases := {
	"a public bucket fails": {"want": "fail", "paths": ["/facts/public"], "resource": {"facts": {"public": {"value": true}}}},
	"a private bucket passes": {"want": "pass", "resource": {"facts": {"public": {"value": false}}}},
	"an unread policy is unknown": {"want": "unknown", "resource": {
		"facts": {"public": {"waits_for": ["/configuration/policy"]}},
		"unknown": ["/configuration/policy"],
	}},
	"a bucket that is public by its ACL fails whatever its policy says": {"want": "fail", "resource": {
		"facts": {"public": {"value": true, "because": ["/configuration/acl/0"]}},
		"unknown": ["/configuration/policy"],
	}},
}

test_cases if {
	every case in cases {
		denials := not_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
