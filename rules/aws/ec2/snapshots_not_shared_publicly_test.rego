package aws.ec2.snapshots_not_shared_publicly_test

import data.aws.ec2.snapshots_not_shared_publicly
import data.lib.cases as lib

cases := {
	"unblocked fails": {
		"want": "fail",
		"resource": {"configuration": {"snapshot_block_public_access": "unblocked"}},
	},
	"a block of new sharing alone fails": {
		"want": "fail",
		"paths": ["/configuration/snapshot_block_public_access"],
		"resource": {"configuration": {"snapshot_block_public_access": "block-new-sharing"}},
	},
	"a setting that is not there fails": {"want": "fail", "resource": {"configuration": {}}},
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
