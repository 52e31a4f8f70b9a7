package aws.ec2.security_group_closed_to_world_test

import data.aws.ec2.security_group_closed_to_world
import data.lib.cases as lib

_group(protocol, from, to) := _reach(protocol, from, to, "ipv4", ["0.0.0.0/0"])

_reach(protocol, from, to, family, sources) := {"facts": {"world_ingress": {"value": [{
	"protocol": protocol,
	"from_port": from,
	"to_port": to,
	"family": family,
	"because": ["/configuration/ingress/0"],
	"sources": sources,
}]}}}

cases := {
	"HTTPS fails": {"want": "fail", "paths": ["/facts/world_ingress/value/0"], "resource": _group("tcp", 443, 443)},
	"a range of ports fails": {"want": "fail", "resource": _group("udp", 5000, 5010)},
	"every port fails": {"want": "fail", "resource": _group("tcp", 0, 65535)},
	"every protocol over IPv6 fails": {"want": "fail", "resource": _reach("all", 0, 65535, "ipv6", ["::/0"])},
	"ping fails": {"want": "fail", "resource": _group("icmp", 8, 8)},
	"any ICMP fails": {"want": "fail", "resource": _group("icmp", 0, 65535)},
	"a tunnel fails": {"want": "fail", "resource": _group("47", 0, 65535)},
	"nothing open passes": {"want": "pass", "resource": {"facts": {"world_ingress": {"value": []}}}},

	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_ingress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := security_group_closed_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
