package aws.vpc.vpn_logged_test

import data.aws.vpc.vpn_logged
import data.lib.cases as lib

cases := {
	"a tunnel without log fails": {
		"want": "fail",
		"paths": ["/configuration/tunnels/1/log_enabled"],
		"resource": {"configuration": {"tunnels": [
			{"outside_ip": "192.0.2.1", "log_enabled": true},
			{"outside_ip": "192.0.2.2", "log_enabled": false},
		]}},
	},
	"two logged tunnels pass": {
		"want": "pass",
		"resource": {"configuration": {"tunnels": [
			{"outside_ip": "192.0.2.1", "log_enabled": true},
			{"outside_ip": "192.0.2.2", "log_enabled": true},
		]}},
	},
	"a tunnel whose options were not read is unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"tunnels": [{"outside_ip": "192.0.2.1"}]},
			"unknown": ["/configuration/tunnels/0/log_enabled"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := vpn_logged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
