package aws.ec2.instance_single_interface_test

import data.aws.ec2.instance_single_interface
import data.lib.cases as lib

cases := {
	"two interfaces fail": {
		"want": "fail",
		"paths": ["/configuration/network_interface_ids/1"],
		"resource": {"configuration": {"network_interface_ids": ["eni-1", "eni-2"]}},
	},
	"one passes": {"want": "pass", "resource": {"configuration": {"network_interface_ids": ["eni-1"]}}},
	"unread interfaces are unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/network_interface_ids"]},
	},
}

test_cases if {
	every case in cases {
		denials := instance_single_interface.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
