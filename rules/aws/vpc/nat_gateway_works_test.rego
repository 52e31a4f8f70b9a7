package aws.vpc.nat_gateway_works_test

import data.aws.vpc.nat_gateway_works
import data.lib.cases as lib

cases := {
	"a failed gateway fails": {
		"want": "fail",
		"paths": ["/configuration/observed/state"],
		"resource": {"configuration": {"observed": {
			"state": "failed",
			"failure": "Elastic IP address could not be associated",
		}}},
	},
	"an available gateway passes": {
		"want": "pass",
		"resource": {"configuration": {"observed": {"state": "available"}}},
	},
	"a state that was not seen is unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/observed"]},
	},
}

test_cases if {
	every case in cases {
		denials := nat_gateway_works.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
