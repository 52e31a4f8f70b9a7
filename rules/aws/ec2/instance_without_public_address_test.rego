package aws.ec2.instance_without_public_address_test

import data.aws.ec2.instance_without_public_address
import data.lib.cases as lib

cases := {
	"a public address fails": {
		"want": "fail",
		"paths": ["/configuration/public_ip"],
		"resource": {"configuration": {"public_ip": "198.51.100.7"}},
	},
	"no public address passes": {"want": "pass", "resource": {"configuration": {}}},
	"an address that is not known yet is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/public_ip"]},
	},
}

test_cases if {
	every case in cases {
		denials := instance_without_public_address.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
