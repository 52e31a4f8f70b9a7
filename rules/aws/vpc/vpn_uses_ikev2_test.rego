package aws.vpc.vpn_uses_ikev2_test

import data.aws.vpc.vpn_uses_ikev2
import data.lib.cases as lib

cases := {
	"a tunnel that may use both versions fails": {
		"want": "fail",
		"paths": ["/configuration/tunnels/0/ike_versions/0"],
		"resource": {"configuration": {"tunnels": [
			{"outside_ip": "192.0.2.1", "ike_versions": ["ikev1", "ikev2"]},
			{"outside_ip": "192.0.2.2", "ike_versions": ["ikev2"]},
		]}},
	},
	"IKEv2 alone passes": {
		"want": "pass",
		"resource": {"configuration": {"tunnels": [
			{"outside_ip": "192.0.2.1", "ike_versions": ["ikev2"]},
			{"outside_ip": "192.0.2.2", "ike_versions": ["ikev2"]},
		]}},
	},
	"unread options are unknown": {
		"want": "unknown",
		"resource": {"configuration": {}, "unknown": ["/configuration/tunnels"]},
	},
}

test_cases if {
	every case in cases {
		denials := vpn_uses_ikev2.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
