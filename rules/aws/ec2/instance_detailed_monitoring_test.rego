package aws.ec2.instance_detailed_monitoring_test

import data.aws.ec2.instance_detailed_monitoring
import data.lib.cases as lib

cases := {
	"basic monitoring fails": {
		"want": "fail",
		"paths": ["/configuration/detailed_monitoring"],
		"resource": {"configuration": {"detailed_monitoring": false}},
	},
	"detailed monitoring passes": {"want": "pass", "resource": {"configuration": {"detailed_monitoring": true}}},
	"an unread setting is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/detailed_monitoring"]}},
}

test_cases if {
	every case in cases {
		denials := instance_detailed_monitoring.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
