package aws.s3.modern_tls_only_test

import data.aws.s3.modern_tls_only
import data.lib.cases as lib

cases := {
	"a policy that says nothing of TLS fails": {"want": "fail", "resource": {"facts": {"old_tls_denied": {"value": false}}}},
	"a policy that refuses old versions passes": {"want": "pass", "resource": {"facts": {"old_tls_denied": {"value": true}}}},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"old_tls_denied": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := modern_tls_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
