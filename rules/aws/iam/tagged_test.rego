package aws.iam.tagged_test

import data.aws.iam.tagged
import data.lib.cases as lib

_tagged(resource_type, tags) := {"type": resource_type, "tags": tags}

cases := {
	"a user without tags fails": {"want": "fail", "paths": ["/tags"], "resource": _tagged("AWS::IAM::User", {})},
	"a role with AWS's own tags alone fails": {
		"want": "fail",
		"resource": _tagged("AWS::IAM::Role", {"aws:cloudformation:stack-name": "web"}),
	},
	"an analyzer without tags fails": {"want": "fail", "resource": _tagged("AWS::AccessAnalyzer::Analyzer", {})},
	"a tag passes": {"want": "pass", "resource": _tagged("AWS::IAM::User", {"owner": "web"})},
	"a role that AWS keeps passes": {"want": "pass", "resource": {
		"type": "AWS::IAM::Role",
		"id": "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
		"tags": {},
	}},
	"unread tags are unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::User", "unknown": ["/tags"]}},
}

test_cases if {
	every case in cases {
		denials := tagged.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
