package aws.ec2.single_public_addresses_not_admitted_test

import data.aws.ec2.single_public_addresses_not_admitted
import data.lib.cases as lib

cases := {
	"a single public address fails": {
		"want": "fail",
		"paths": ["/facts/public_hosts/value/0"],
		"resource": {"facts": {"public_hosts": {"value": [{
			"address": "8.8.8.8/32",
			"entry": "tcp 22 from 8.8.8.8/32",
			"because": ["/configuration/ingress/0"],
		}]}}},
	},
	"none passes": {"want": "pass", "resource": {"facts": {"public_hosts": {"value": []}}}},
	"an unread entry is unknown": {
		"want": "unknown",
		"resource": {"facts": {"public_hosts": {"waits_for": ["/configuration/ingress/0/cidr_ipv4"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := single_public_addresses_not_admitted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
