package aws.ec2.vpc_flow_logged_test

import data.aws.ec2.vpc_flow_logged
import data.lib.cases as lib

cases := {
	"a VPC without flow log fails": {"want": "fail", "resource": {"facts": {"flow_logged": {"value": false}}}},
	"a VPC with one passes": {"want": "pass", "resource": {"facts": {"flow_logged": {"value": true}}}},
	"unread flow logs are unknown": {
		"want": "unknown",
		"resource": {"facts": {"flow_logged": {"waits_for": ["the list of flow logs"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := vpc_flow_logged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
