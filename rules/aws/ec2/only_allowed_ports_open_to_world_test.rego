package aws.ec2.only_allowed_ports_open_to_world_test

import data.aws.ec2.only_allowed_ports_open_to_world
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
	"another port fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0"],
		"resource": _group("tcp", 8443, 8443),
	},
	"a range that holds an allowed port fails": {"want": "fail", "resource": _group("tcp", 80, 90)},
	"every protocol fails": {"want": "fail", "resource": _group("all", 0, 65535)},
	"an allowed port of UDP fails": {"want": "fail", "resource": _group("udp", 443, 443)},
	"a tunnel fails": {"want": "fail", "resource": _group("47", 0, 65535)},
	"IPv6 fails": {"want": "fail", "resource": _reach("tcp", 25, 25, "ipv6", ["::/0"])},
	"HTTPS passes": {"want": "pass", "resource": _group("tcp", 443, 443)},
	"HTTP passes": {"want": "pass", "resource": _group("tcp", 80, 80)},
	"ping passes": {"want": "pass", "resource": _group("icmp", 0, 65535)},
	"nothing open passes": {"want": "pass", "resource": {"facts": {"world_ingress": {"value": []}}}},

	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_ingress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := only_allowed_ports_open_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
