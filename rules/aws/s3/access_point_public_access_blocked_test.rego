package aws.s3.access_point_public_access_blocked_test

import data.aws.s3.access_point_public_access_blocked
import data.lib.cases as lib

_block(policy) := {"facts": {"public_access_block": {"value": {
	"block_public_acls": true,
	"ignore_public_acls": true,
	"block_public_policy": policy,
	"restrict_public_buckets": true,
}}}}

cases := {
	"one setting off fails": {
		"want": "fail",
		"paths": ["/facts/public_access_block/value/block_public_policy"],
		"resource": _block(false),
	},
	"four settings on pass": {"want": "pass", "resource": _block(true)},
	"an unread block is unknown": {
		"want": "unknown",
		"resource": {"facts": {"public_access_block": {"waits_for": ["/configuration/public_access_block"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := access_point_public_access_blocked.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
