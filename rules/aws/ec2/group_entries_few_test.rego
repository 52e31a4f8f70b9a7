package aws.ec2.group_entries_few_test

import data.aws.ec2.group_entries_few
import data.lib.cases as lib

_entries(count) := [{"protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": "10.0.0.0/8"} |
	some port in array.slice(_ports, 0, count)
]

_ports := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
	31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51]

cases := {
	"51 entries in fail": {
		"want": "fail",
		"paths": ["/configuration/ingress"],
		"resource": {"configuration": {"ingress": _entries(51), "egress": []}},
	},
	"51 entries out fail": {
		"want": "fail",
		"paths": ["/configuration/egress"],
		"resource": {"configuration": {"ingress": [], "egress": _entries(51)}},
	},
	"50 each way pass": {
		"want": "pass",
		"resource": {"configuration": {"ingress": _entries(50), "egress": _entries(50)}},
	},
	"unread entries are unknown": {
		"want": "unknown",
		"resource": {"configuration": {"egress": []}, "unknown": ["/configuration/ingress"]},
	},
}

test_cases if {
	every case in cases {
		denials := group_entries_few.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
