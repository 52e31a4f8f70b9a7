package aws.vpc.endpoint_service_connections_reviewed_test

import data.aws.vpc.endpoint_service_connections_reviewed
import data.lib.cases as lib

cases := {
	"automatic acceptance of another account fails": {
		"want": "fail",
		"paths": ["/configuration/acceptance_required"],
		"resource": {
			"configuration": {"acceptance_required": false},
			"facts": {"outsiders": {"value": [{
				"who": "account",
				"name": "arn:aws:iam::444455556666:root",
				"account": "444455556666",
				"because": ["/configuration/allowed_principals/0"],
			}]}},
		},
	},
	"automatic acceptance within the account passes": {
		"want": "pass",
		"resource": {
			"configuration": {"acceptance_required": false},
			"facts": {"outsiders": {"value": []}},
		},
	},
	"acceptance by hand passes": {
		"want": "pass",
		"resource": {
			"configuration": {"acceptance_required": true},
			"facts": {"outsiders": {"value": [{"who": "everyone", "name": "*", "because": []}]}},
		},
	},
	"unread permissions are unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"acceptance_required": false},
			"facts": {"outsiders": {"waits_for": ["/configuration/allowed_principals"]}},
		},
	},
}

test_cases if {
	every case in cases {
		denials := endpoint_service_connections_reviewed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
