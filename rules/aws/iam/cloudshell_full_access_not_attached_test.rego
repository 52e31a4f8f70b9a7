package aws.iam.cloudshell_full_access_not_attached_test

import data.aws.iam.cloudshell_full_access_not_attached
import data.lib.cases as lib

_attached(policies) := {"type": "AWS::IAM::Group", "configuration": {"attached_policies": policies}}

cases := {
	"the policy fails": {
		"want": "fail",
		"paths": ["/configuration/attached_policies/1"],
		"resource": _attached([
			"arn:aws:iam::aws:policy/AWSSupportAccess",
			"arn:aws:iam::aws:policy/AWSCloudShellFullAccess",
		]),
	},
	"it also fails in another partition": {
		"want": "fail",
		"resource": _attached(["arn:aws-us-gov:iam::aws:policy/AWSCloudShellFullAccess"]),
	},
	"a policy of the same name passes": {
		"want": "pass",
		"resource": _attached(["arn:aws:iam::111122223333:policy/AWSCloudShellFullAccess"]),
	},
	"no policy passes": {"want": "pass", "resource": {"type": "AWS::IAM::User", "configuration": {}}},
	"unread policies are unknown": {"want": "unknown", "resource": {
		"type": "AWS::IAM::Role",
		"unknown": ["/configuration/attached_policies"],
	}},
}

test_cases if {
	every case in cases {
		denials := cloudshell_full_access_not_attached.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
