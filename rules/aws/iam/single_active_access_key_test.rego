package aws.iam.single_active_access_key_test

import data.aws.iam.single_active_access_key
import data.lib.cases as lib

_keys(second) := [{"slot": 1, "active": true}, {"slot": 2, "active": second}]

cases := {
	"two active keys fail": {
		"want": "fail",
		"paths": ["/configuration/access_keys/1"],
		"resource": {"configuration": {"access_keys": _keys(true)}},
	},
	"one of two active passes": {"want": "pass", "resource": {"configuration": {"access_keys": _keys(false)}}},
	"unread keys are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/access_keys"]}},
}

test_cases if {
	every case in cases {
		denials := single_active_access_key.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
