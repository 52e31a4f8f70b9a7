package aws.s3.versioned_test

import data.aws.s3.versioned
import data.lib.cases as lib

_bucket(status) := {"configuration": {"versioning": {"status": status, "mfa_delete": false}}}

cases := {
	"suspended versioning fails": {
		"want": "fail",
		"paths": ["/configuration/versioning/status"],
		"resource": _bucket("Suspended"),
	},
	"no versioning fails": {"want": "fail", "resource": {"configuration": {}}},
	"enabled versioning passes": {"want": "pass", "resource": _bucket("Enabled")},
	"unread versioning is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/versioning"]}},
}

test_cases if {
	every case in cases {
		denials := versioned.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
