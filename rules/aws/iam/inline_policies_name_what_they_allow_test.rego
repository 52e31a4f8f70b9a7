package aws.iam.inline_policies_name_what_they_allow_test

import data.aws.iam.inline_policies_name_what_they_allow
import data.lib.cases as lib

_but(element, every_resource) := {
	"element": element,
	"except": ["iam:*"],
	"every_resource": every_resource,
	"because": "/configuration/document/Statement/0",
}

_by(more) := {"by": object.union(
	{"kind": "inline", "policy": "p", "aws_managed": false, "because": "/configuration/inline_policies/0/document"},
	more,
)}

_role(path, entry) := {
	"type": "AWS::IAM::Role",
	"configuration": {"path": path},
	"facts": {"all_but": {"value": [entry]}},
}

_inline(element, every_resource) := object.union(_but(element, every_resource), _by({}))

cases := {
	"every action but some fails": {"want": "fail", "resource": _role("/", _inline("NotAction", true))},
	"every resource but some fails": {"want": "fail", "resource": _role("/", _inline("NotResource", true))},
	"all but some on named resources passes": {"want": "pass", "resource": _role("/", _inline("NotAction", false))},
	"an attached policy is judged by itself": {"want": "pass", "resource": _role("/", object.union(_but("NotAction", true), _by({"kind": "attached"})))},
	"a group's policy is the group's": {"want": "pass", "resource": object.union(_role("/", object.union(_but("NotAction", true), _by({"group": "g"}))), {"type": "AWS::IAM::User"})},
	"a role that Identity Center made passes": {"want": "pass", "resource": _role("/aws-reserved/sso.amazonaws.com/", _inline("NotAction", true))},
	"unread policies are unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::Role", "configuration": {"path": "/"}, "facts": {"all_but": {"waits_for": ["/configuration/inline_policies"]}}}},
}

test_cases if {
	every case in cases {
		denials := inline_policies_name_what_they_allow.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
