package aws.ec2.rdp_closed_to_world_test

import data.aws.ec2.rdp_closed_to_world
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
	"the port itself fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0"],
		"resource": _group("tcp", 3389, 3389),
	},
	"IPv6 alone fails": {"want": "fail", "resource": _reach("tcp", 3389, 3389, "ipv6", ["::/0"])},
	"two halves of the address space fail": {
		"want": "fail",
		"resource": _reach("tcp", 3389, 3389, "ipv4", ["0.0.0.0/1", "128.0.0.0/1"]),
	},
	"a prefix list that holds the world fails": {"want": "fail", "resource": _reach("tcp", 3389, 3389, "ipv4", ["pl-0a"])},
	"a range around it fails": {"want": "fail", "resource": _group("tcp", 0, 65535)},
	"every protocol fails": {"want": "fail", "resource": _group("all", 0, 65535)},
	"a reach without its sources fails": {"want": "fail", "resource": _reach("tcp", 3389, 3389, "ipv4", [])},
	"another port passes": {"want": "pass", "resource": _group("tcp", 443, 443)},
	"the same port of UDP fails": {"want": "fail", "resource": _group("udp", 3389, 3389)},
	"ping passes": {"want": "pass", "resource": _group("icmp", 0, 65535)},
	"no reach passes": {"want": "pass", "resource": {"facts": {"world_ingress": {"value": []}}}},

	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_ingress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := rdp_closed_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
