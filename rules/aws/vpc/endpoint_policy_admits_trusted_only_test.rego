package aws.vpc.endpoint_policy_admits_trusted_only_test

import data.aws.vpc.endpoint_policy_admits_trusted_only
import data.lib.cases as lib

_organization(name) := {"facts": {"outsiders": {"value": [{"who": "organization", "name": name, "because": []}]}}}

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
	"a foreign organization fails": {
		"want": "fail",
		"paths": ["/facts/outsiders/value/0"],
		"resource": _organization("o-abc1234567"),
	},
	"an organization that was not read is unknown": {
		"want": "unknown",
		"resource": {"facts": {"outsiders": {"waits_for": ["organization of 111122223333"]}}},
	},
	"nobody from outside passes": {"want": "pass", "resource": {"facts": {"outsiders": {"value": []}}}},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"outsiders": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_trusted_organization if {
	every name in ["o-abc1234567", "o-abc1234567/r-ab12/*"] {
		count(endpoint_policy_admits_trusted_only.deny) == 0 with input as lib.input_of({"resource": _organization(name)})
			with data.params.trusted_organizations as ["o-abc1234567"]
	}
}

test_cases if {
	every case in cases {
		denials := endpoint_policy_admits_trusted_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
