package aws.ec2.high_risk_ports_closed_to_world_test

import data.aws.ec2.high_risk_ports_closed_to_world
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
	"a database port fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0"],
		"resource": _group("tcp", 5432, 5432),
	},
	"a port of no service by name fails": {"want": "fail", "resource": _group("tcp", 8080, 8080)},
	"OpsCenter fails": {"want": "fail", "resource": _group("tcp", 8888, 8888)},
	"every protocol fails": {"want": "fail", "resource": _group("all", 0, 65535)},
	"two halves of the address space fail": {
		"want": "fail",
		"resource": _reach("tcp", 6379, 6379, "ipv4", ["0.0.0.0/1", "128.0.0.0/1"]),
	},
	"IPv6 alone fails": {"want": "fail", "resource": _reach("tcp", 3306, 3306, "ipv6", ["::/0"])},
	"HTTPS passes": {"want": "pass", "resource": _group("tcp", 443, 443)},
	"SSH has a rule of its own": {"want": "pass", "resource": _group("tcp", 22, 22)},
	"UDP passes": {"want": "pass", "resource": _group("udp", 5432, 5432)},

	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_ingress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := high_risk_ports_closed_to_world.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
