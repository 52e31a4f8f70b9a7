package aws.s3.tls_only_test

import data.aws.s3.tls_only
import data.lib.cases as lib

cases := {
	"a policy that lets plain HTTP through fails": {"want": "fail", "resource": {"facts": {"plain_http_denied": {"value": false}}}},
	"a policy that refuses plain HTTP passes": {"want": "pass", "resource": {"facts": {"plain_http_denied": {"value": true}}}},
	"an unread policy is unknown": {"want": "unknown", "resource": {
		"facts": {"plain_http_denied": {"waits_for": ["/configuration/policy"]}},
		"unknown": ["/configuration/policy"],
	}},
}

test_cases if {
	every case in cases {
		denials := tls_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
