package aws.ec2.images_not_shared_publicly_test

import data.aws.ec2.images_not_shared_publicly
import data.lib.cases as lib

cases := {
	"unblocked fails": {
		"want": "fail",
		"paths": ["/configuration/image_block_public_access"],
		"resource": {"configuration": {"image_block_public_access": "unblocked"}},
	},
	"a setting that is not there fails": {"want": "fail", "resource": {"configuration": {}}},
	"blocked passes": {
		"want": "pass",
		"resource": {"configuration": {"image_block_public_access": "block-new-sharing"}},
	},
	"an unread setting is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/image_block_public_access"]},
	},
}

test_cases if {
	every case in cases {
		denials := images_not_shared_publicly.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
