package aws.account.root_hardware_mfa_test

import data.aws.account.root_hardware_mfa
import data.lib.cases as lib

_root(mfa, app) := {"configuration": {"root": {
	"access_keys_present": false,
	"password_present": true,
	"mfa_enabled": mfa,
	"virtual_mfa": app,
}}}

cases := {
	"an authenticator app fails": {
		"want": "fail",
		"paths": ["/configuration/root/virtual_mfa"],
		"resource": _root(true, true),
	},
	"no device fails": {
		"want": "fail",
		"paths": ["/configuration/root/mfa_enabled"],
		"resource": _root(false, false),
	},
	"a device that is no app passes": {"want": "pass", "resource": _root(true, false)},
	"a root without credentials passes": {"want": "pass", "resource": {"configuration": {"root": {
		"access_keys_present": false,
		"password_present": false,
		"mfa_enabled": false,
		"virtual_mfa": false,
	}}}},
	"a root with keys and no password still needs a device": {"want": "fail", "resource": {"configuration": {"root": {
		"access_keys_present": true,
		"password_present": false,
		"mfa_enabled": false,
		"virtual_mfa": false,
	}}}},
	"no word about the password does not excuse": {"want": "fail", "resource": {"configuration": {"root": {
		"access_keys_present": false,
		"mfa_enabled": false,
		"virtual_mfa": false,
	}}}},
	"devices that were not listed are unknown": {"want": "unknown", "resource": {
		"configuration": {"root": {"access_keys_present": false, "password_present": true, "mfa_enabled": true}},
		"unknown": ["/configuration/root/virtual_mfa"],
	}},
	"an app where the summary was not read is unknown": {"want": "unknown", "resource": {
		"configuration": {"root": {"virtual_mfa": true}},
		"unknown": [
			"/configuration/root/access_keys_present",
			"/configuration/root/mfa_enabled",
			"/configuration/root/password_present",
		],
	}},
}

test_cases if {
	every case in cases {
		denials := root_hardware_mfa.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
