package aws.ec2.launch_template_without_public_address_test

import data.aws.ec2.launch_template_without_public_address
import data.lib.cases as lib

_interfaces(interfaces) := {"configuration": {"network_interfaces": interfaces}}

cases := {
	"a public address fails": {
		"want": "fail",
		"paths": ["/configuration/network_interfaces/1/associate_public_ip_address"],
		"resource": _interfaces([{"device_index": 0}, {"device_index": 1, "associate_public_ip_address": true}]),
	},
	"no public address passes": {"want": "pass", "resource": _interfaces([{"associate_public_ip_address": false}])},
	"what is left to the subnet passes": {"want": "pass", "resource": _interfaces([{"device_index": 0}])},
	"no interfaces pass": {"want": "pass", "resource": _interfaces([])},
	"an unread version is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/network_interfaces"]},
	},
}

test_cases if {
	every case in cases {
		denials := launch_template_without_public_address.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
