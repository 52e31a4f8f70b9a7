package aws.s3.old_versions_expire_test

import data.aws.s3.old_versions_expire
import data.lib.cases as lib

_bucket(status, rules) := {"configuration": {
	"versioning": {"status": status, "mfa_delete": false},
	"lifecycle_rules": rules,
}}

cases := {
	"versions without a lifecycle fail": {
		"want": "fail",
		"paths": ["/configuration/lifecycle_rules"],
		"resource": {"configuration": {"versioning": {"status": "Enabled", "mfa_delete": false}}},
	},
	"expiring current versions only fails": {
		"want": "fail",
		"resource": _bucket("Enabled", [{"id": "a", "enabled": true, "expiration_days": 30}]),
	},
	"a rule that is switched off fails": {
		"want": "fail",
		"resource": _bucket("Suspended", [{"id": "a", "enabled": false, "noncurrent_expiration_days": 30}]),
	},
	"expiring noncurrent versions passes": {
		"want": "pass",
		"resource": _bucket("Enabled", [{"id": "a", "enabled": true, "noncurrent_expiration_days": 30}]),
	},
	"moving noncurrent versions passes": {
		"want": "pass",
		"resource": _bucket("Enabled", [{"id": "a", "enabled": true, "noncurrent_transition_days": 30}]),
	},
	"a bucket that never had versions passes": {"want": "pass", "resource": _bucket("Disabled", [])},
	"unread lifecycle rules are unknown": {"want": "unknown", "resource": {
		"configuration": {"versioning": {"status": "Enabled", "mfa_delete": false}},
		"unknown": ["/configuration/lifecycle_rules"],
	}},
}

test_cases if {
	every case in cases {
		denials := old_versions_expire.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
