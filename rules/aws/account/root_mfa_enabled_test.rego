package aws.account.root_mfa_enabled_test

import data.aws.account.root_mfa_enabled
import data.lib.cases as lib

cases := {
	"root without a device fails": {"want": "fail", "resource": {"configuration": {"root": {"mfa_enabled": false}}}},
	"root with a device passes": {"want": "pass", "resource": {"configuration": {"root": {"mfa_enabled": true}}}},
	"a root without credentials passes": {"want": "pass", "resource": {"configuration": {"root": {
		"access_keys_present": false,
		"mfa_enabled": false,
		"password_present": false,
	}}}},
	"a root with keys and no password fails": {"want": "fail", "resource": {"configuration": {"root": {
		"access_keys_present": true,
		"mfa_enabled": false,
		"password_present": false,
	}}}},
	"an unread summary is unknown": {"want": "unknown", "resource": {"unknown": [
		"/configuration/root/access_keys_present",
		"/configuration/root/mfa_enabled",
		"/configuration/root/password_present",
	]}},
}

test_cases if {
	every case in cases {
		denials := root_mfa_enabled.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
