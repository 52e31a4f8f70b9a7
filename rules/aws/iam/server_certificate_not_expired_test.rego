package aws.iam.server_certificate_not_expired_test

import data.aws.iam.server_certificate_not_expired
import data.lib.cases as lib

cases := {
	"an expired certificate fails": {
		"want": "fail",
		"resource": {"configuration": {"expires": "2026-11-21T12:00:00Z"}},
	},
	"a certificate that expires today passes": {
		"want": "pass",
		"resource": {"configuration": {"expires": "2026-11-22T12:00:00Z"}},
	},
	"an unread date is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/expires"]}},
}

test_cases if {
	every case in cases {
		denials := server_certificate_not_expired.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
