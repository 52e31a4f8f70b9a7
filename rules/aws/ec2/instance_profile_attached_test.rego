package aws.ec2.instance_profile_attached_test

import data.aws.ec2.instance_profile_attached
import data.lib.cases as lib

cases := {
	"no profile fails": {
		"want": "fail",
		"paths": ["/configuration/instance_profile"],
		"resource": {"configuration": {}},
	},
	"a profile passes": {
		"want": "pass",
		"resource": {"configuration": {"instance_profile": "arn:aws:iam::111122223333:instance-profile/web"}},
	},
	"a profile that is not known yet is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/instance_profile"]},
	},
}

test_cases if {
	every case in cases {
		denials := instance_profile_attached.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
