package aws.ec2.instance_hardware_virtualized_test

import data.aws.ec2.instance_hardware_virtualized
import data.lib.cases as lib

cases := {
	"a paravirtual instance fails": {
		"want": "fail",
		"paths": ["/configuration/virtualization_type"],
		"resource": {"configuration": {"virtualization_type": "paravirtual"}},
	},
	"a hardware guest passes": {"want": "pass", "resource": {"configuration": {"virtualization_type": "hvm"}}},
	"an unread type is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/virtualization_type"]}},
}

test_cases if {
	every case in cases {
		denials := instance_hardware_virtualized.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
