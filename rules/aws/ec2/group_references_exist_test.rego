package aws.ec2.group_references_exist_test

import data.aws.ec2.group_references_exist
import data.lib.cases as lib

_names(exists) := {"facts": {"group_references": {"value": [{
	"direction": "ingress",
	"group": "sg-0b",
	"account": "111122223333",
	"exists": exists,
	"because": ["/configuration/ingress/0"],
}]}}}

cases := {
	"a group that is gone fails": {
		"want": "fail",
		"paths": ["/facts/group_references/value/0"],
		"resource": _names(false),
	},
	"a group that exists passes": {"want": "pass", "resource": _names(true)},
	"no other group passes": {"want": "pass", "resource": {"facts": {"group_references": {"value": []}}}},
	"groups of an account that was not scanned are unknown": {"want": "unknown", "resource": {"facts": {"group_references": {
		"waits_for": ["list of AWS::EC2::SecurityGroup in 444455556666 eu-central-1"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := group_references_exist.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
