package aws.ec2.enclave_host_running_test

import data.aws.ec2.enclave_host_running
import data.lib.cases as lib

_host(enclaves, state) := {"configuration": {"enclave_enabled": enclaves, "observed": {"state": state}}}

cases := {
	"a stopped host fails": {
		"want": "fail",
		"paths": ["/configuration/observed/state"],
		"resource": _host(true, "stopped"),
	},
	"a running host passes": {"want": "pass", "resource": _host(true, "running")},
	"any other instance passes": {"want": "pass", "resource": _host(false, "stopped")},
	"an unread state is unknown": {
		"want": "unknown",
		"resource": {"configuration": {"enclave_enabled": true}, "unknown": ["/configuration/observed"]},
	},
}

test_cases if {
	every case in cases {
		denials := enclave_host_running.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
