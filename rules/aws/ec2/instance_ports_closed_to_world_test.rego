package aws.ec2.instance_ports_closed_to_world_test

import data.aws.ec2.instance_ports_closed_to_world
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

_instance(protocol, from, to) := {"facts": {"world_reach": _reached(protocol, from, to)}}

_stopped := object.union(_reached("tcp", 22, 22).value[0], {"stopped": true})

cases := {
	"SSH fails": {"want": "fail", "paths": ["/facts/world_reach/value/0"], "resource": _instance("tcp", 22, 22)},
	"CIFS fails": {"want": "fail", "resource": _instance("tcp", 445, 445)},
	"a range around Redis fails": {"want": "fail", "resource": _instance("tcp", 6000, 7000)},
	"every protocol fails": {"want": "fail", "resource": _instance("all", 0, 65535)},
	"SSH of a stopped instance fails": {
		"want": "fail",
		"resource": {"facts": {"world_reach": {"value": [_stopped]}}},
	},
	"HTTPS passes": {"want": "pass", "resource": _instance("tcp", 443, 443)},
	"UDP passes": {"want": "pass", "resource": _instance("udp", 0, 65535)},
	"an instance that is not reached passes": {"want": "pass", "resource": {"facts": {"world_reach": {"value": []}}}},

	"unread route tables are unknown": {"want": "unknown", "resource": {"facts": {"world_reach": {
		"waits_for": ["list of AWS::EC2::RouteTable in 111122223333 eu-central-1"],
	}}}},
}

test_message_of_a_stopped_instance if {
	resource := {"facts": {"world_reach": {"value": [_stopped]}}}
	denials := instance_ports_closed_to_world.deny with input as lib.input_of({"resource": resource})
	{denial.message | some denial in denials} == {sprintf("%s %s", [
		"TCP port 22 (ssh) would be open, once the instance runs,",
		"to 0.0.0.0/0 at 18.193.0.1, by sg-0a",
	])}
}

test_cases if {
	every case in cases {
		denials := instance_ports_closed_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
