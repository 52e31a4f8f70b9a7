package aws.s3.object_lock_enabled_test

import data.aws.s3.object_lock_enabled
import data.lib.cases as lib

cases := {
	"no object lock fails": {"want": "fail", "paths": ["/configuration/object_lock/enabled"], "resource": {"configuration": {}}},
	"object lock that is off fails": {
		"want": "fail",
		"resource": {"configuration": {"object_lock": {"enabled": false}}},
	},
	"object lock passes": {"want": "pass", "resource": {"configuration": {"object_lock": {"enabled": true}}}},
	"an unread lock is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/object_lock"]}},
}

test_cases if {
	every case in cases {
		denials := object_lock_enabled.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
