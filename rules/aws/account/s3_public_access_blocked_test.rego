package aws.account.s3_public_access_blocked_test

import data.aws.account.s3_public_access_blocked
import data.lib.cases as lib

_block(policy) := {
	"block_public_acls": true,
	"ignore_public_acls": true,
	"block_public_policy": policy,
	"restrict_public_buckets": true,
}

cases := {
	"one setting off fails": {
		"want": "fail",
		"paths": ["/configuration/s3_public_access_block/block_public_policy"],
		"resource": {"configuration": {"s3_public_access_block": _block(false)}},
	},
	"no block fails": {"want": "fail", "resource": {"configuration": {}}},
	"four settings on pass": {"want": "pass", "resource": {"configuration": {"s3_public_access_block": _block(true)}}},
	"an unread block is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/s3_public_access_block"]}},
}

test_cases if {
	every case in cases {
		denials := s3_public_access_blocked.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
