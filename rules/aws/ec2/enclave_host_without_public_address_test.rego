package aws.ec2.enclave_host_without_public_address_test

import data.aws.ec2.enclave_host_without_public_address
import data.lib.cases as lib

_public := {"public_addresses": {"value": [{"address": "18.193.0.1", "family": "ipv4", "because": ["/configuration/public_ip"]}]}}

cases := {
	"a host with a public address fails": {
		"want": "fail",
		"paths": ["/facts/public_addresses/value/0"],
		"resource": {"configuration": {"enclave_enabled": true}, "facts": _public},
	},
	"an instance without enclaves passes": {
		"want": "pass",
		"resource": {"configuration": {"enclave_enabled": false}, "facts": _public},
	},
	"a host without one passes": {
		"want": "pass",
		"resource": {"configuration": {"enclave_enabled": true}, "facts": {"public_addresses": {"value": []}}},
	},
	"unread interfaces are unknown": {"want": "unknown", "resource": {
		"configuration": {"enclave_enabled": true},
		"facts": {"public_addresses": {"waits_for": ["list of AWS::EC2::NetworkInterface in 111122223333 eu-central-1"]}},
	}},
}

test_cases if {
	every case in cases {
		denials := enclave_host_without_public_address.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
