package aws.iam.user_console_mfa_test

import data.aws.iam.user_console_mfa
import data.lib.cases as lib

cases := {
	"a password alone fails": {
		"want": "fail",
		"resource": {"configuration": {"console_password": true, "mfa_active": false}},
	},
	"a password with a device passes": {
		"want": "pass",
		"resource": {"configuration": {"console_password": true, "mfa_active": true}},
	},
	"no password passes": {"want": "pass", "resource": {"configuration": {"console_password": false, "mfa_active": false}}},
	"unread devices are unknown": {"want": "unknown", "resource": {
		"configuration": {"console_password": true},
		"unknown": ["/configuration/mfa_active"],
	}},
}

test_cases if {
	every case in cases {
		denials := user_console_mfa.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
