package aws.ec2.launch_template_imdsv2_required_test

import data.aws.ec2.launch_template_imdsv2_required
import data.lib.cases as lib

cases := {
	"optional tokens fail": {
		"want": "fail",
		"paths": ["/facts/metadata_tokens"],
		"resource": {"facts": {"metadata_tokens": {"value": "optional"}}},
	},
	"tokens that are left to the image fail": {
		"want": "fail",
		"resource": {"facts": {"metadata_tokens": {"value": "image"}}},
	},
	"required tokens pass": {"want": "pass", "resource": {"facts": {"metadata_tokens": {"value": "required"}}}},
	"a service that is off passes": {
		"want": "pass",
		"resource": {
			"configuration": {"metadata_options": {"http_endpoint": "disabled"}},
			"facts": {"metadata_tokens": {"value": "optional"}},
		},
	},
	"an unread default of the region is unknown": {
		"want": "unknown",
		"resource": {"facts": {"metadata_tokens": {"waits_for": ["x#/configuration/metadata_defaults"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := launch_template_imdsv2_required.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
