package aws.vpc.client_vpn_logged_test

import data.aws.vpc.client_vpn_logged
import data.lib.cases as lib

cases := {
	"an endpoint without log fails": {
		"want": "fail",
		"resource": {"configuration": {"connection_log_enabled": false}},
	},
	"an endpoint that never had one fails": {"want": "fail", "resource": {"configuration": {}}},
	"an endpoint with one passes": {
		"want": "pass",
		"resource": {"configuration": {"connection_log_enabled": true}},
	},
	"unread options are unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/connection_log_enabled"]},
	},
}

test_cases if {
	every case in cases {
		denials := client_vpn_logged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
