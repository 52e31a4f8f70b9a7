package aws.ec2.imdsv2_required_by_default_test

import data.aws.ec2.imdsv2_required_by_default
import data.lib.cases as lib

cases := {
	"no default fails": {
		"want": "fail",
		"paths": ["/configuration/metadata_defaults/http_tokens"],
		"resource": {"configuration": {}},
	},
	"optional tokens fail": {
		"want": "fail",
		"resource": {"configuration": {"metadata_defaults": {"http_tokens": "optional"}}},
	},
	"no preference fails": {
		"want": "fail",
		"resource": {"configuration": {"metadata_defaults": {"http_tokens": "no-preference"}}},
	},
	"a default of hops alone fails": {
		"want": "fail",
		"resource": {"configuration": {"metadata_defaults": {"http_put_response_hop_limit": 1}}},
	},
	"required tokens pass": {
		"want": "pass",
		"resource": {"configuration": {"metadata_defaults": {"http_tokens": "required"}}},
	},
	"a service that is off passes": {
		"want": "pass",
		"resource": {"configuration": {"metadata_defaults": {"http_endpoint": "disabled"}}},
	},
	"an unread default is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/metadata_defaults"]}},
}

test_cases if {
	every case in cases {
		denials := imdsv2_required_by_default.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
