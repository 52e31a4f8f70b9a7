package aws.s3.services_bound_to_source_test

import data.aws.s3.services_bound_to_source
import data.lib.cases as lib

_entry := {
	"service": "cloudtrail.amazonaws.com",
	"levels": ["write"],
	"because": "/configuration/policy/Statement/0",
}

cases := {
	"a service that may act for anyone fails": {
		"want": "fail",
		"paths": ["/facts/open_services/value/0"],
		"resource": {"facts": {"open_services": {"value": [_entry]}}},
	},
	"services that are bound to a source pass": {"want": "pass", "resource": {"facts": {"open_services": {"value": []}}}},
	"an unread policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"open_services": {"waits_for": ["/configuration/policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := services_bound_to_source.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
