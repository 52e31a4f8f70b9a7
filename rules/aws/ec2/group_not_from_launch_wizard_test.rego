package aws.ec2.group_not_from_launch_wizard_test

import data.aws.ec2.group_not_from_launch_wizard
import data.lib.cases as lib

cases := {
	"a group of the wizard fails": {
		"want": "fail",
		"paths": ["/configuration/group_name"],
		"resource": {"configuration": {"group_name": "launch-wizard-3"}},
	},
	"a group about the wizard passes": {"want": "pass", "resource": {"configuration": {"group_name": "no-launch-wizard-3"}}},
	"a name that is not known yet is unknown": {
		"want": "unknown",
		"resource": {"configuration": {"group_name": ""}, "unknown": ["/configuration/group_name"]},
	},
}

test_cases if {
	every case in cases {
		denials := group_not_from_launch_wizard.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
