package aws.vpc.endpoint_policy_admits_trusted_only_test

import data.aws.vpc.endpoint_policy_admits_trusted_only
import data.lib.cases as lib

cases := {
	"a policy for everyone fails": {
		"want": "fail",
		"paths": ["/facts/outsiders/value/0"],
		"resource": {"facts": {"outsiders": {"value": [{"who": "everyone", "name": "*", "because": []}]}}},
	},
	"a foreign account fails": {
		"want": "fail",
		"resource": {"facts": {"outsiders": {"value": [
			{"who": "account", "name": "444455556666", "account": "444455556666", "because": []},
		]}}},
	},
	"an organization passes": {
		"want": "pass",
		"resource": {"facts": {"outsiders": {"value": [
			{"who": "organization", "name": "o-abc1234567", "because": []},
		]}}},
	},
	"nobody from outside passes": {"want": "pass", "resource": {"facts": {"outsiders": {"value": []}}}},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"outsiders": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := endpoint_policy_admits_trusted_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
