package aws.vpc.internet_gateway_attached_test

import data.aws.vpc.internet_gateway_attached
import data.lib.cases as lib

cases := {
	"a gateway that is left over fails": {
		"want": "fail",
		"paths": ["/configuration/vpc_ids"],
		"resource": {"configuration": {"vpc_ids": []}},
	},
	"an attached gateway passes": {"want": "pass", "resource": {"configuration": {"vpc_ids": ["vpc-0a"]}}},
	"an unread attachment is unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/vpc_ids"]},
	},
}

test_cases if {
	every case in cases {
		denials := internet_gateway_attached.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
