package aws.ec2.all_ports_closed_to_world_test

import data.aws.ec2.all_ports_closed_to_world
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

_parts(parts) := {"facts": {"world_ingress": {"value": [reach |
	some part in parts
	reach := {
		"protocol": "tcp",
		"from_port": part[0],
		"to_port": part[1],
		"family": "ipv4",
		"because": ["/configuration/ingress/0"],
	}
]}}}

cases := {
	"every protocol fails": {"want": "fail", "resource": _group("all", 0, 65535)},
	"every port of TCP fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0"],
		"resource": _group("tcp", 0, 65535),
	},
	"all but the first port fails": {"want": "fail", "resource": _group("tcp", 1, 65535)},
	"all but one in the middle fails": {"want": "fail", "resource": _parts([[0, 21], [23, 30000], [30002, 65535]])},
	"IPv6 fails": {"want": "fail", "resource": _reach("all", 0, 65535, "ipv6", ["::/0"])},
	"one port passes": {"want": "pass", "resource": _group("tcp", 443, 443)},
	"a range of a thousand passes": {"want": "pass", "resource": _group("tcp", 8000, 8999)},
	"ping passes": {"want": "pass", "resource": _group("icmp", 0, 65535)},

	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_ingress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := all_ports_closed_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
