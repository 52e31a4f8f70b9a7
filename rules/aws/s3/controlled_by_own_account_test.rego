package aws.s3.controlled_by_own_account_test

import data.aws.s3.controlled_by_own_account
import data.lib.cases as lib

_bucket(who, name, account) := {"facts": {"foreign_control": {"value": [object.union(
	{
		"who": who,
		"name": name,
		"action": "s3:PutBucketPolicy",
		"because": "/configuration/policy/Statement/0",
	},
	account,
)]}}}

cases := {
	"an account that may change the policy fails": {
		"want": "fail",
		"paths": ["/facts/foreign_control/value/0"],
		"resource": _bucket("account", "444455556666", {"account": "444455556666"}),
	},
	"an organization that may change the policy fails": {
		"want": "fail",
		"resource": _bucket("organization", "o-a1b2c3d4e5", {}),
	},
	"a bucket that only its account controls passes": {
		"want": "pass",
		"resource": {"facts": {"foreign_control": {"value": []}}},
	},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"foreign_control": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := controlled_by_own_account.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
