package aws.vpc.transit_gateway_attachments_reviewed_test

import data.aws.vpc.transit_gateway_attachments_reviewed
import data.lib.cases as lib

cases := {
	"automatic acceptance fails": {
		"want": "fail",
		"paths": ["/configuration/auto_accept_shared_attachments"],
		"resource": {
			"type": "AWS::EC2::TransitGateway",
			"configuration": {"auto_accept_shared_attachments": true},
		},
	},
	"acceptance by hand passes": {
		"want": "pass",
		"resource": {
			"type": "AWS::EC2::TransitGateway",
			"configuration": {"auto_accept_shared_attachments": false},
		},
	},
	"an unread option is unknown": {
		"want": "unknown",
		"resource": {
			"type": "AWS::EC2::TransitGateway",
			"configuration": {},
			"unknown": ["/configuration/auto_accept_shared_attachments"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := transit_gateway_attachments_reviewed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
