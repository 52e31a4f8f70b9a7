package aws.iam.access_keys_not_for_services_test

import data.aws.iam.access_keys_not_for_services
import data.lib.cases as lib

_user(active, service) := {"configuration": {
	"access_keys": [{"slot": 1, "active": active}],
	"observed": {"access_key_last_service": {"1": service}},
}}

cases := {
	"a key that calls a service fails": {
		"want": "fail",
		"paths": ["/configuration/observed/access_key_last_service/1"],
		"resource": _user(true, "s3"),
	},
	"a key that asks for temporary credentials passes": {"want": "pass", "resource": _user(true, "sts")},
	"an inactive key passes": {"want": "pass", "resource": _user(false, "s3")},
	"a key that was never used passes": {"want": "pass", "resource": {"configuration": {
		"access_keys": [{"slot": 1, "active": true}],
		"observed": {},
	}}},
	"unread use is unknown": {"want": "unknown", "resource": {
		"configuration": {"access_keys": [{"slot": 1, "active": true}]},
		"unknown": ["/configuration/observed/access_key_last_service"],
	}},
}

test_cases if {
	every case in cases {
		denials := access_keys_not_for_services.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
