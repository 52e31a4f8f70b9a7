package aws.ec2.imdsv2_required_test

import data.aws.ec2.imdsv2_required
import data.lib.cases as lib

_instance(tokens, endpoint) := {"configuration": {"metadata_options": {"http_tokens": tokens, "http_endpoint": endpoint}}}

cases := {
	"optional tokens fail": {
		"want": "fail",
		"paths": ["/configuration/metadata_options/http_tokens"],
		"resource": _instance("optional", "enabled"),
	},
	"options that say nothing about tokens fail": {
		"want": "fail",
		"resource": {"configuration": {"metadata_options": {"http_endpoint": "enabled"}}},
	},
	"required tokens pass": {"want": "pass", "resource": _instance("required", "enabled")},
	"a service that is off passes": {"want": "pass", "resource": _instance("optional", "disabled")},
	"unread options are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/metadata_options"]}},
}

test_cases if {
	every case in cases {
		denials := imdsv2_required.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
