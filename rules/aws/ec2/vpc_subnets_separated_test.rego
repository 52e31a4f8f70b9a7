package aws.ec2.vpc_subnets_separated_test

import data.aws.ec2.vpc_subnets_separated
import data.lib.cases as lib

_vpc(public, private) := {"facts": {"public_subnets": {"value": public}, "private_subnets": {"value": private}}}

cases := {
	"only public subnets fail": {
		"want": "fail",
		"paths": ["/facts/private_subnets/value"],
		"resource": _vpc(["subnet-0a"], []),
	},
	"only private subnets fail": {"want": "fail", "resource": _vpc([], ["subnet-0a"])},
	"both pass": {"want": "pass", "resource": _vpc(["subnet-0a"], ["subnet-0b"])},
	"no subnets pass": {"want": "pass", "resource": _vpc([], [])},
	"unread route tables are unknown": {"want": "unknown", "resource": {"facts": {
		"public_subnets": {"waits_for": ["list of AWS::EC2::RouteTable in 111122223333 eu-central-1"]},
		"private_subnets": {"waits_for": ["list of AWS::EC2::RouteTable in 111122223333 eu-central-1"]},
	}}},
}

test_cases if {
	every case in cases {
		denials := vpc_subnets_separated.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
