package aws.ec2.network_acl_admin_ports_closed_test

import data.aws.ec2.network_acl_admin_ports_closed
import data.lib.cases as lib

_acl(protocol, from, to) := {"facts": {"world_ingress": {"value": [{
	"protocol": protocol,
	"from_port": from,
	"to_port": to,
	"family": "ipv4",
	"because": ["/configuration/entries/0"],
	"sources": ["0.0.0.0/0"],
}]}}}

cases := {
	"everything allowed fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0", "/facts/world_ingress/value/0"],
		"resource": _acl("all", 0, 65535),
	},
	"RDP alone fails": {"want": "fail", "resource": _acl("tcp", 3389, 3389)},
	"HTTPS only passes": {"want": "pass", "resource": _acl("tcp", 443, 443)},
	"UDP passes": {"want": "pass", "resource": _acl("udp", 22, 22)},

	"unread entries are unknown": {"want": "unknown", "resource": {
		"facts": {"world_ingress": {"waits_for": ["/configuration/entries"]}},
		"unknown": ["/configuration/entries"],
	}},
}

test_cases if {
	every case in cases {
		denials := network_acl_admin_ports_closed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
