package aws.iam.server_certificate_lasts_test

import data.aws.iam.server_certificate_lasts
import data.lib.cases as lib

_expires(time) := {"configuration": {"expires": time}}

cases := {
	"a certificate that expires within the days fails": {
		"want": "fail",
		"paths": ["/configuration/expires"],
		"resource": _expires("2026-12-21T12:00:00Z"),
	},
	"a certificate that expires today fails": {"want": "fail", "resource": _expires("2026-11-22T12:00:00Z")},
	"a certificate that lasts passes": {"want": "pass", "resource": _expires("2026-12-22T00:00:00Z")},
	"one that has expired is another rule's": {"want": "pass", "resource": _expires("2026-11-21T12:00:00Z")},
	"an unread date is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/expires"]}},
}

test_cases if {
	every case in cases {
		denials := server_certificate_lasts.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
