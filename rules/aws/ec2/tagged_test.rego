package aws.ec2.tagged_test

import data.aws.ec2.tagged
import data.lib.cases as lib

cases := {
	"a resource without tags fails": {
		"want": "fail",
		"paths": ["/tags"],
		"resource": {"type": "AWS::EC2::VPC", "configuration": {"is_default": true}, "tags": {}},
	},
	"tags that AWS sets are not enough": {
		"want": "fail",
		"resource": {
			"type": "AWS::EC2::VPC",
			"configuration": {"is_default": false},
			"tags": {"aws:cloudformation:stack-name": "net"},
		},
	},
	"a tag of one's own passes": {
		"want": "pass",
		"resource": {
			"type": "AWS::EC2::VPC",
			"configuration": {"is_default": false},
			"tags": {"team": "platform"},
		},
	},
	"a prefix list of AWS passes": {
		"want": "pass",
		"resource": {
			"type": "AWS::EC2::PrefixList",
			"configuration": {"address_family": "IPv4", "owner": "AWS"},
			"tags": {},
		},
	},
	"unread tags are unknown": {
		"want": "unknown",
		"resource": {
			"type": "AWS::EC2::VPC",
			"configuration": {"is_default": false},
			"unknown": ["/tags"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := tagged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}

# The parameter is empty by default.
test_required_keys_are_asked_for_one_by_one if {
	resource := {
		"type": "AWS::EC2::VPC",
		"configuration": {"is_default": false},
		"tags": {"team": "platform", "aws:owner": "x"},
	}
	denials := tagged.deny with input as {"resource": resource} with data.params.required_tags as ["team", "owner"]
	{denial.path | some denial in denials} == {["tags", "owner"]}
}
