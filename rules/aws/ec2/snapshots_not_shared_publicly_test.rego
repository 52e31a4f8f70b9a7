package aws.ec2.snapshots_not_shared_publicly_test

import data.aws.ec2.snapshots_not_shared_publicly
import data.lib.cases as lib

cases := {
	"unblocked fails": {
		"want": "fail",
		"resource": {"configuration": {"snapshot_block_public_access": "unblocked"}},
	},
	"blocked passes": {
		"want": "pass",
		"resource": {"configuration": {"snapshot_block_public_access": "block-all-sharing"}},
	},
	"an unread setting is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/snapshot_block_public_access"]},
	},
}

test_cases if {
	every case in cases {
		denials := snapshots_not_shared_publicly.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
