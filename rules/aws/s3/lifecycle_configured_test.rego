package aws.s3.lifecycle_configured_test

import data.aws.s3.lifecycle_configured
import data.lib.cases as lib

_bucket(enabled) := {"configuration": {"lifecycle_rules": [{"id": "tidy", "enabled": enabled}]}}

cases := {
	"no rules fail": {"want": "fail", "paths": ["/configuration/lifecycle_rules"], "resource": {"configuration": {}}},
	"rules that are all switched off fail": {"want": "fail", "resource": _bucket(false)},
	"an enabled rule passes": {"want": "pass", "resource": _bucket(true)},
	"unread rules are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/lifecycle_rules"]}},
}

test_cases if {
	every case in cases {
		denials := lifecycle_configured.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
