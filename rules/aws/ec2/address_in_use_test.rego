package aws.ec2.address_in_use_test

import data.aws.ec2.address_in_use
import data.lib.cases as lib

cases := {
	"an idle address fails": {
		"want": "fail",
		"resource": {"configuration": {"public_ip": "203.0.113.9"}},
	},
	"an address of an interface passes": {
		"want": "pass",
		"resource": {"configuration": {"public_ip": "203.0.113.9", "association_id": "eipassoc-0a"}},
	},
	"an unread association is unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"public_ip": "203.0.113.9"},
			"unknown": ["/configuration/association_id"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := address_in_use.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
