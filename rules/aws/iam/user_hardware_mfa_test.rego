package aws.iam.user_hardware_mfa_test

import data.aws.iam.user_hardware_mfa
import data.lib.cases as lib

_user(mfa, app) := {"configuration": {"console_password": true, "mfa_active": mfa, "virtual_mfa": app}}

cases := {
	"an app fails": {"want": "fail", "paths": ["/configuration/virtual_mfa"], "resource": _user(true, true)},
	"no device fails": {"want": "fail", "paths": ["/configuration/mfa_active"], "resource": _user(false, false)},
	"a device that is no app passes": {"want": "pass", "resource": _user(true, false)},
	"a user who cannot sign in passes": {"want": "pass", "resource": {"configuration": {
		"console_password": false,
		"mfa_active": true,
		"virtual_mfa": true,
	}}},
	"apps that were not listed are unknown": {"want": "unknown", "resource": {
		"configuration": {"console_password": true, "mfa_active": true},
		"unknown": ["/configuration/virtual_mfa"],
	}},
}

test_cases if {
	every case in cases {
		denials := user_hardware_mfa.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
