package aws.ec2.subnet_without_public_addresses_test

import data.aws.ec2.subnet_without_public_addresses
import data.lib.cases as lib

_subnet(gives) := {"configuration": {"map_public_ip_on_launch": gives}}

cases := {
	"a subnet that gives addresses fails": {
		"want": "fail",
		"paths": ["/configuration/map_public_ip_on_launch"],
		"resource": _subnet(true),
	},
	"one that does not passes": {"want": "pass", "resource": _subnet(false)},
	"an unread setting is unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/map_public_ip_on_launch"]},
	},
}

test_cases if {
	every case in cases {
		denials := subnet_without_public_addresses.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
