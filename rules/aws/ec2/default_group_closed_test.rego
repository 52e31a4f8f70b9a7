package aws.ec2.default_group_closed_test

import data.aws.ec2.default_group_closed
import data.lib.cases as lib

_group(name) := {"configuration": {
	"group_name": name,
	"ingress": [{"protocol": "all", "group_id": "self"}],
	"egress": [{"protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"}],
}}

cases := {
	"a default group with entries fails": {
		"want": "fail",
		"paths": ["/configuration/egress/0", "/configuration/ingress/0"],
		"resource": _group("default"),
	},
	"an entry for a prefix list fails": {"want": "fail", "resource": {"configuration": {
		"group_name": "default",
		"ingress": [],
		"egress": [{"protocol": "all", "prefix_list_id": "pl-0a"}],
	}}},
	"a default group without entries passes": {
		"want": "pass",
		"resource": {"configuration": {"group_name": "default", "ingress": [], "egress": []}},
	},
	"another group passes": {"want": "pass", "resource": _group("web")},
	"unread entries are unknown": {"want": "unknown", "resource": {
		"configuration": {"group_name": "default"},
		"unknown": ["/configuration/ingress"],
	}},
}

test_cases if {
	every case in cases {
		denials := default_group_closed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
