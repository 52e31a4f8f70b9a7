package aws.s3.shared_with_trusted_accounts_only_test

import data.aws.s3.shared_with_trusted_accounts_only
import data.lib.cases as lib

cases := {
	"a foreign account fails": {
		"want": "fail",
		"paths": ["/facts/foreign_accounts/value/0"],
		"resource": {"facts": {"foreign_accounts": {"value": ["444455556666"]}}},
	},
	"a bucket for its own account passes": {"want": "pass", "resource": {"facts": {"foreign_accounts": {"value": []}}}},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"foreign_accounts": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := shared_with_trusted_accounts_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
