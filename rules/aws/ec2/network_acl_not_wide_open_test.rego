package aws.ec2.network_acl_not_wide_open_test

import data.aws.ec2.network_acl_not_wide_open
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
		"paths": ["/facts/world_ingress/value/0"],
		"resource": _acl("all", 0, 65535),
	},
	"all of TCP fails": {"want": "fail", "resource": _acl("tcp", 0, 65535)},
	"ports for answers pass": {"want": "pass", "resource": _acl("tcp", 1024, 65535)},

	"unread entries are unknown": {"want": "unknown", "resource": {
		"facts": {"world_ingress": {"waits_for": ["/configuration/entries"]}},
		"unknown": ["/configuration/entries"],
	}},
}

test_cases if {
	every case in cases {
		denials := network_acl_not_wide_open.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
