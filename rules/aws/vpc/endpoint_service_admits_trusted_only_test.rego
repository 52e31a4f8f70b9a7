package aws.vpc.endpoint_service_admits_trusted_only_test

import data.aws.vpc.endpoint_service_admits_trusted_only
import data.lib.cases as lib

cases := {
	"a service for everyone fails": {
		"want": "fail",
		"paths": ["/facts/outsiders/value/0"],
		"resource": {"facts": {"outsiders": {"value": [
			{"who": "everyone", "name": "*", "because": ["/configuration/allowed_principals/0"]},
		]}}},
	},
	"a foreign account fails": {
		"want": "fail",
		"resource": {"facts": {"outsiders": {"value": [{
			"who": "account",
			"name": "arn:aws:iam::444455556666:root",
			"account": "444455556666",
			"because": ["/configuration/allowed_principals/0"],
		}]}}},
	},
	"a service of the account's own passes": {
		"want": "pass",
		"resource": {"facts": {"outsiders": {"value": []}}},
	},
	"unread permissions are unknown": {
		"want": "unknown",
		"resource": {"facts": {"outsiders": {"waits_for": ["/configuration/allowed_principals"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := endpoint_service_admits_trusted_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
