package aws.ec2.reached_instance_without_profile_test

import data.aws.ec2.reached_instance_without_profile
import data.lib.cases as lib

_reached(protocol, from, to) := {"value": [{
	"protocol": protocol,
	"from_port": from,
	"to_port": to,
	"family": "ipv4",
	"address": "18.193.0.1",
	"groups": ["sg-0a"],
	"sources": ["0.0.0.0/0"],
	"through": ["arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a#/configuration/ingress/0"],
	"because": ["/configuration/public_ip"],
}]}

_instance(profile) := {
	"configuration": {"instance_profile": profile},
	"facts": {"world_reach": _reached("tcp", 443, 443)},
}

cases := {
	"a reached instance with a profile fails": {
		"want": "fail",
		"paths": ["/facts/world_reach/value/0"],
		"resource": _instance("arn:aws:iam::111122223333:instance-profile/web"),
	},
	"a reached instance without one passes": {
		"want": "pass",
		"resource": {"configuration": {}, "facts": {"world_reach": _reached("tcp", 443, 443)}},
	},
	"a profile on an instance that is not reached passes": {"want": "pass", "resource": {
		"configuration": {"instance_profile": "arn:aws:iam::111122223333:instance-profile/web"},
		"facts": {"world_reach": {"value": []}},
	}},

	"unread route tables are unknown": {"want": "unknown", "resource": {
		"configuration": {"instance_profile": "arn:aws:iam::111122223333:instance-profile/web"},
		"facts": {"world_reach": {
		"waits_for": ["list of AWS::EC2::RouteTable in 111122223333 eu-central-1"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := reached_instance_without_profile.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
