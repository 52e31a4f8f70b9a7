package aws.ec2.instance_image_supported_test

import data.aws.ec2.instance_image_supported
import data.lib.cases as lib

_on(image) := {"configuration": {"image_id": "ami-1", "observed": {"image": image}}}

cases := {
	"a deprecated image fails": {
		"want": "fail",
		"paths": ["/configuration/observed/image/deprecated"],
		"resource": _on({"available": true, "owner": "amazon", "deprecated": "2026-11-22T00:00:00Z"}),
	},
	"an image that is gone fails": {
		"want": "fail",
		"paths": ["/configuration/observed/image/available"],
		"resource": _on({"available": false}),
	},
	"one without a known id fails too": {
		"want": "fail",
		"resource": {"configuration": {"observed": {"image": {"available": false}}}},
	},
	"an image that will be deprecated passes": {
		"want": "pass",
		"resource": _on({"available": true, "owner": "amazon", "deprecated": "2028-06-01T00:00:00Z"}),
	},
	"an image without an end passes": {
		"want": "pass",
		"resource": _on({"available": true, "owner": "111122223333"}),
	},
	"images that nobody asked for are unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/observed/image"]},
	},
}

test_cases if {
	every case in cases {
		denials := instance_image_supported.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
