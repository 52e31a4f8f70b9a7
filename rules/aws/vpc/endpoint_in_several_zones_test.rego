package aws.vpc.endpoint_in_several_zones_test

import data.aws.vpc.endpoint_in_several_zones
import data.lib.cases as lib

cases := {
	"an endpoint in one zone fails": {
		"want": "fail",
		"paths": ["/facts/zones"],
		"resource": {
			"configuration": {"endpoint_type": "Interface"},
			"facts": {"zones": {"value": ["eu-central-1a"]}},
		},
	},
	"an endpoint without subnets fails": {
		"want": "fail",
		"resource": {"configuration": {"endpoint_type": "Interface"}, "facts": {"zones": {"value": []}}},
	},
	"an endpoint in two zones passes": {
		"want": "pass",
		"resource": {
			"configuration": {"endpoint_type": "Interface"},
			"facts": {"zones": {"value": ["eu-central-1a", "eu-central-1b"]}},
		},
	},
	"a gateway endpoint has no zones and passes": {
		"want": "pass",
		"resource": {"configuration": {"endpoint_type": "Gateway"}, "facts": {"zones": {"value": []}}},
	},
	"subnets that were not read are unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"endpoint_type": "Interface"},
			"facts": {"zones": {"waits_for": ["the list of subnets"]}},
		},
	},
}

test_cases if {
	every case in cases {
		denials := endpoint_in_several_zones.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
