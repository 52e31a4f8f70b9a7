package aws.s3.directory_bucket_expires_objects_test

import data.aws.s3.directory_bucket_expires_objects
import data.lib.cases as lib

_bucket(enabled) := {"configuration": {"lifecycle_rules": [{"id": "tidy", "enabled": enabled, "expiration_days": 7}]}}

cases := {
	"no rules fail": {"want": "fail", "paths": ["/configuration/lifecycle_rules"], "resource": {"configuration": {}}},
	"rules that are switched off fail": {"want": "fail", "resource": _bucket(false)},
	"an enabled rule passes": {"want": "pass", "resource": _bucket(true)},
	"unread rules are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/lifecycle_rules"]}},
}

test_cases if {
	every case in cases {
		denials := directory_bucket_expires_objects.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
