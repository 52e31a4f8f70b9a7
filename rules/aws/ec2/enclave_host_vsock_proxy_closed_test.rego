package aws.ec2.enclave_host_vsock_proxy_closed_test

import data.aws.ec2.enclave_host_vsock_proxy_closed
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

_host(protocol, from, to) := {
	"configuration": {"enclave_enabled": true},
	"facts": {"world_reach": _reached(protocol, from, to)},
}

cases := {
	"a port of a range fails": {"want": "fail", "paths": ["/facts/world_reach/value/0"], "resource": _host("tcp", 8010, 8010)},
	"a single port fails": {"want": "fail", "resource": _host("tcp", 9000, 9000)},
	"every protocol fails": {"want": "fail", "resource": _host("all", 0, 65535)},
	"HTTPS passes": {"want": "pass", "resource": _host("tcp", 443, 443)},
	"UDP passes": {"want": "pass", "resource": _host("udp", 8010, 8010)},

	"an instance without enclaves passes": {"want": "pass", "resource": {
		"configuration": {"enclave_enabled": false},
		"facts": {"world_reach": _reached("all", 0, 65535)},
	}},

	"unread route tables are unknown": {"want": "unknown", "resource": {
		"configuration": {"enclave_enabled": true},
		"facts": {"world_reach": {
		"waits_for": ["list of AWS::EC2::RouteTable in 111122223333 eu-central-1"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := enclave_host_vsock_proxy_closed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
