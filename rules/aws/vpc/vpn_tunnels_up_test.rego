package aws.vpc.vpn_tunnels_up_test

import data.aws.vpc.vpn_tunnels_up
import data.lib.cases as lib

cases := {
	"a tunnel that is down fails": {
		"want": "fail",
		"paths": ["/configuration/observed/tunnels/1/up"],
		"resource": {"configuration": {"observed": {"tunnels": [
			{"outside_ip": "192.0.2.1", "up": true},
			{"outside_ip": "192.0.2.2", "up": false},
		]}}},
	},
	"a single tunnel fails": {
		"want": "fail",
		"paths": ["/configuration/observed/tunnels"],
		"resource": {"configuration": {"observed": {"tunnels": [{"outside_ip": "192.0.2.1", "up": true}]}}},
	},
	"two tunnels that are up pass": {
		"want": "pass",
		"resource": {"configuration": {"observed": {"tunnels": [
			{"outside_ip": "192.0.2.1", "up": true},
			{"outside_ip": "192.0.2.2", "up": true},
		]}}},
	},
	"unseen tunnels are unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/observed/tunnels"]},
	},
}

test_cases if {
	every case in cases {
		denials := vpn_tunnels_up.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
