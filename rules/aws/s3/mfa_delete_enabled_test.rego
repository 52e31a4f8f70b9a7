package aws.s3.mfa_delete_enabled_test

import data.aws.s3.mfa_delete_enabled
import data.lib.cases as lib

_bucket(on) := {"configuration": {"versioning": {"status": "Enabled", "mfa_delete": on}}}

cases := {
	"versions without MFA delete fail": {
		"want": "fail",
		"paths": ["/configuration/lifecycle_rules", "/configuration/versioning/mfa_delete"],
		"resource": _bucket(false),
	},
	"no versioning fails": {"want": "fail", "resource": {"configuration": {}}},
	"MFA delete passes": {"want": "pass", "resource": _bucket(true)},
	"a bucket with lifecycle rules, which cannot have it, fails by CIS alone": {
		"want": "fail",
		"paths": ["/configuration/versioning/mfa_delete"],
		"resource": {"configuration": {
			"versioning": {"status": "Enabled", "mfa_delete": false},
			"lifecycle_rules": [{"id": "tidy", "enabled": true}],
		}},
	},
	"unread versioning is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/versioning"]}},
	"unread lifecycle rules are unknown": {"want": "unknown", "resource": object.union(
		_bucket(true),
		{"unknown": ["/configuration/lifecycle_rules"]},
	)},
}

test_cases if {
	every case in cases {
		denials := mfa_delete_enabled.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
