package aws.vpc.internet_gateways_blocked_test

import data.aws.vpc.internet_gateways_blocked
import data.lib.cases as lib

cases := {
	"a region without block fails": {
		"want": "fail",
		"resource": {"configuration": {"vpc_block_public_access": "off"}},
	},
	"both directions blocked passes": {
		"want": "pass",
		"resource": {"configuration": {"vpc_block_public_access": "block-bidirectional"}},
	},
	"ingress blocked passes": {
		"want": "pass",
		"resource": {"configuration": {"vpc_block_public_access": "block-ingress"}},
	},
	"an unread setting is unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/vpc_block_public_access"]},
	},
}

test_cases if {
	every case in cases {
		denials := internet_gateways_blocked.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
