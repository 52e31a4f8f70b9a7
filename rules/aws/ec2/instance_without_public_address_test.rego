package aws.ec2.instance_without_public_address_test

import data.aws.ec2.instance_without_public_address
import data.lib.cases as lib

_address(family, address) := {
	"address": address,
	"family": family,
	"interface": "eni-0a",
	"because": ["/configuration/network_interface_ids/0"],
}

_instance(addresses) := {"facts": {"public_addresses": {"value": addresses}}}

cases := {
	"a public address fails": {
		"want": "fail",
		"paths": ["/facts/public_addresses/value/0"],
		"resource": {
			"configuration": {"public_ip": "198.51.100.7"},
			"facts": {"public_addresses": {"value": [
				{"address": "198.51.100.7", "family": "ipv4", "because": ["/configuration/public_ip"]},
			]}},
		},
	},
	"one of a second interface fails": {
		"want": "fail",
		"paths": ["/facts/public_addresses/value/0"],
		"resource": _instance([_address("ipv4", "198.51.100.8")]),
	},
	"IPv6 alone passes": {"want": "pass", "resource": _instance([_address("ipv6", "2a05:d014:1c2::5")])},
	"no public address passes": {"want": "pass", "resource": _instance([])},
	"an interface that was not read is unknown": {
		"want": "unknown",
		"resource": {"facts": {"public_addresses": {"waits_for": ["the interface eni-0b"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := instance_without_public_address.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
