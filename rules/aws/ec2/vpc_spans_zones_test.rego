package aws.ec2.vpc_spans_zones_test

import data.aws.ec2.vpc_spans_zones
import data.lib.cases as lib

_vpc(zones) := {"facts": {"zones": {"value": zones}}}

cases := {
	"one zone fails": {"want": "fail", "paths": ["/facts/zones/value"], "resource": _vpc(["eu-central-1a"])},
	"two zones pass": {"want": "pass", "resource": _vpc(["eu-central-1a", "eu-central-1b"])},
	"a VPC without subnets passes": {"want": "pass", "resource": _vpc([])},
	"unlisted subnets are unknown": {"want": "unknown", "resource": {"facts": {"zones": {
		"waits_for": ["list of AWS::EC2::Subnet in 111122223333 eu-central-1"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := vpc_spans_zones.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
