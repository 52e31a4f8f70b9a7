package aws.account.root_without_access_keys_test

import data.aws.account.root_without_access_keys
import data.lib.cases as lib

cases := {
	"root with keys fails": {
		"want": "fail",
		"paths": ["/configuration/root/access_keys_present"],
		"resource": {"configuration": {"root": {"access_keys_present": true}}},
	},
	"root without keys passes": {"want": "pass", "resource": {"configuration": {"root": {"access_keys_present": false}}}},
	"an unread summary is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/root"]}},
}

test_cases if {
	every case in cases {
		denials := root_without_access_keys.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
