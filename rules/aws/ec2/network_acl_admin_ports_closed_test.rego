package aws.ec2.network_acl_admin_ports_closed_test

import data.aws.ec2.network_acl_admin_ports_closed
import data.lib.cases as lib

_acl(protocol, from, to) := _of(false, protocol, from, to)

_of(is_default, protocol, from, to) := {
	"configuration": {"is_default": is_default},
	"facts": {"world_ingress": {"value": [{
		"protocol": protocol,
		"from_port": from,
		"to_port": to,
		"family": "ipv4",
		"because": ["/configuration/entries/0"],
		"sources": ["0.0.0.0/0"],
	}]}},
}

_topics(resource) := {denial.topic |
	some denial in network_acl_admin_ports_closed.deny with input as lib.input_of({"resource": resource})
}

cases := {
	"everything allowed fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0", "/facts/world_ingress/value/0"],
		"resource": _acl("all", 0, 65535),
	},
	"RDP alone fails": {"want": "fail", "resource": _acl("tcp", 3389, 3389)},
	"HTTPS only passes": {"want": "pass", "resource": _acl("tcp", 443, 443)},
	"a default ACL fails": {"want": "fail", "resource": _of(true, "tcp", 22, 22)},
	"UDP fails": {
		"want": "fail",
		"paths": ["/facts/world_ingress/value/0"],
		"resource": _acl("udp", 3389, 3389),
	},
	"ICMP passes": {"want": "pass", "resource": _acl("icmp", 0, 65535)},
	"unread entries are unknown": {"want": "unknown", "resource": {
		"facts": {"world_ingress": {"waits_for": ["/configuration/entries"]}},
		"unknown": ["/configuration/entries"],
	}},
}

# Security Hub's control is about TCP and about ACLs that are not the default.
test_topics if {
	_topics(_acl("all", 0, 65535)) == {"ssh", "rdp"}
	_topics(_of(true, "all", 0, 65535)) == {"ssh-default", "rdp-default"}
	_topics(_acl("udp", 0, 65535)) == {"udp"}
}

test_cases if {
	every case in cases {
		denials := network_acl_admin_ports_closed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
