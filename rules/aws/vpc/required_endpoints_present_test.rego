package aws.vpc.required_endpoints_present_test

import data.aws.vpc.required_endpoints_present
import data.lib.cases as lib

cases := {
	"a VPC without endpoint fails for each service": {
		"want": "fail",
		"paths": ["/facts/interface_endpoints"],
		"resource": {"facts": {"interface_endpoints": {"value": ["ec2", "s3"]}}},
	},
	"a VPC with all of them passes": {
		"want": "pass",
		"resource": {"facts": {"interface_endpoints": {"value": [
			"ec2",
			"ecr.api",
			"ecr.dkr",
			"ssm",
			"ssm-contacts",
			"ssm-incidents",
		]}}},
	},
	"endpoints that were not listed are unknown": {
		"want": "unknown",
		"resource": {"facts": {"interface_endpoints": {"waits_for": ["the list of endpoints"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := required_endpoints_present.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
