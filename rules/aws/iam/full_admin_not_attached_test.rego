package aws.iam.full_admin_not_attached_test

import data.aws.iam.full_admin_not_attached
import data.lib.cases as lib

cases := {
	"an attached policy with everything fails": {
		"want": "fail",
		"resource": {"facts": {"admin": {"value": true}, "attached": {"value": true}}},
	},
	"one that is attached nowhere passes": {
		"want": "pass",
		"resource": {"facts": {"admin": {"value": true}, "attached": {"value": false}}},
	},
	"a limited one passes": {
		"want": "pass",
		"resource": {"facts": {"admin": {"value": false}, "attached": {"value": true}}},
	},
	"one whose attachments are not read is unknown": {
		"want": "unknown",
		"resource": {"facts": {"admin": {"value": true}, "attached": {"waits_for": ["the list of roles"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := full_admin_not_attached.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
