package aws.ec2.interface_checks_source_test

import data.aws.ec2.interface_checks_source
import data.lib.cases as lib

cases := {
	"an interface that forwards fails": {
		"want": "fail",
		"paths": ["/configuration/source_dest_check"],
		"resource": {"configuration": {"interface_type": "interface", "source_dest_check": false}},
	},
	"a NAT gateway forwards by nature and passes": {
		"want": "pass",
		"resource": {"configuration": {"interface_type": "nat_gateway", "source_dest_check": false}},
	},
	"an interface that checks passes": {
		"want": "pass",
		"resource": {"configuration": {"interface_type": "interface", "source_dest_check": true}},
	},
	"an unread setting is unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"interface_type": "interface"},
			"unknown": ["/configuration/source_dest_check"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := interface_checks_source.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
