package aws.ec2.egress_limited_test

import data.aws.ec2.egress_limited
import data.lib.cases as lib

_group(protocol, from, to) := _reach(protocol, from, to, "ipv4", ["0.0.0.0/0"])

_reach(protocol, from, to, family, sources) := {"facts": {"world_egress": {"value": [{
	"protocol": protocol,
	"from_port": from,
	"to_port": to,
	"family": family,
	"because": ["/configuration/egress/0"],
	"sources": sources,
}]}}}

cases := {
	"everything out fails": {"want": "fail", "paths": ["/facts/world_egress/value/0"], "resource": _group("all", 0, 65535)},
	"all ports of TCP fail": {"want": "fail", "resource": _reach("tcp", 1, 65535, "ipv6", ["::/0"])},
	"HTTPS passes": {"want": "pass", "resource": _group("tcp", 443, 443)},
	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"world_egress": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := egress_limited.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
