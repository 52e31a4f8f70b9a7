package aws.s3.access_logged_test

import data.aws.s3.access_logged
import data.lib.cases as lib

cases := {
	"no logging fails": {"want": "fail", "paths": ["/configuration/logging"], "resource": {"configuration": {}}},
	"logging passes": {
		"want": "pass",
		"resource": {"configuration": {"logging": {"target_bucket": "logs", "target_prefix": ""}}},
	},
	"a bucket that logs into itself fails": {
		"want": "fail",
		"paths": ["/configuration/logging/target_bucket"],
		"resource": {"name": "logs", "configuration": {"logging": {"target_bucket": "logs", "target_prefix": ""}}},
	},
	"unread logging is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/logging"]}},
}

test_cases if {
	every case in cases {
		denials := access_logged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
