package aws.ec2.imds_hop_limit_one_test

import data.aws.ec2.imds_hop_limit_one
import data.lib.cases as lib

_options(hops, endpoint) := {"configuration": {"metadata_options": {
	"http_put_response_hop_limit": hops,
	"http_endpoint": endpoint,
}}}

cases := {
	"two hops fail": {
		"want": "fail",
		"paths": ["/configuration/metadata_options/http_put_response_hop_limit"],
		"resource": _options(2, "enabled"),
	},
	"one hop passes": {"want": "pass", "resource": _options(1, "enabled")},
	"a service that is off passes": {"want": "pass", "resource": _options(64, "disabled")},
	"unread options are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/metadata_options"]}},
}

test_cases if {
	every case in cases {
		denials := imds_hop_limit_one.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
