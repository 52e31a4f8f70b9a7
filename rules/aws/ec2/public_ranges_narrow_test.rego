package aws.ec2.public_ranges_narrow_test

import data.aws.ec2.public_ranges_narrow
import data.lib.cases as lib

_range(direction, addresses, sources) := _of("ipv4", direction, addresses, sources)

_of(family, direction, addresses, sources) := {"facts": {"public_ranges": {"value": [{
	"direction": direction,
	"family": family,
	"addresses": addresses,
	"protocol": "tcp",
	"from_port": 443,
	"to_port": 443,
	"because": ["/configuration/ingress/0"],
	"sources": sources,
}]}}}

cases := {
	"a /16 fails": {
		"want": "fail",
		"paths": ["/facts/public_ranges/value/0"],
		"resource": _range("ingress", 65536, ["8.8.0.0/16"]),
	},
	"two neighbouring /24 fail together": {"want": "fail", "resource": _range("ingress", 512, ["8.8.8.0/24", "8.8.9.0/24"])},
	"egress fails too": {"want": "fail", "resource": _range("egress", 512, ["8.8.8.0/23"])},
	"most of an IPv6 registry fails": {
		"want": "fail",
		"paths": ["/facts/public_ranges/value/0"],
		"resource": _of("ipv6", "ingress", 137438953472, ["2a00::/11"]),
	},
	"the IPv6 network of one site passes": {
		"want": "pass",
		"resource": _of("ipv6", "ingress", 1, ["2600:1f14::/48"]),
	},
	"a /24 passes": {"want": "pass", "resource": _range("ingress", 256, ["8.8.8.0/24"])},
	"no public range passes": {"want": "pass", "resource": {"facts": {"public_ranges": {"value": []}}}},
	"an unread prefix list is unknown": {
		"want": "unknown",
		"resource": {"facts": {"public_ranges": {"waits_for": ["pl-1#/configuration/entries"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := public_ranges_narrow.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
