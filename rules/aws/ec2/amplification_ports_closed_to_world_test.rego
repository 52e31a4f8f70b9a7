package aws.ec2.amplification_ports_closed_to_world_test

import data.aws.ec2.amplification_ports_closed_to_world
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
	"open DNS fails": {"want": "fail", "paths": ["/facts/world_ingress/value/0"], "resource": _group("udp", 53, 53)},
	"memcached over IPv6 fails": {"want": "fail", "resource": _reach("udp", 11211, 11211, "ipv6", ["::/0"])},
	"every protocol fails": {"want": "fail", "resource": _group("all", 0, 65535)},
	"TCP passes": {"want": "pass", "resource": _group("tcp", 53, 53)},
	"WireGuard passes": {"want": "pass", "resource": _group("udp", 51820, 51820)},

	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_ingress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := amplification_ports_closed_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
