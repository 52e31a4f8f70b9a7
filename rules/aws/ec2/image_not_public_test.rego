package aws.ec2.image_not_public_test

import data.aws.ec2.image_not_public
import data.lib.cases as lib

cases := {
	"a public image fails": {
		"want": "fail",
		"paths": ["/configuration/public"],
		"resource": {"configuration": {"public": true}},
	},
	"a private image passes": {"want": "pass", "resource": {"configuration": {"public": false}}},
	"an unread permission is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/public"]}},
}

test_cases if {
	every case in cases {
		denials := image_not_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
