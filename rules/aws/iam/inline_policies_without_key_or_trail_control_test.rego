package aws.iam.inline_policies_without_key_or_trail_control_test

import data.aws.iam.inline_policies_without_key_or_trail_control
import data.lib.cases as lib

_full(service, kind, bounded) := {
	"service": service,
	"except": [],
	"every_resource": true,
	"bounded": bounded,
	"by": {"kind": kind, "policy": "p", "aws_managed": false, "because": "/configuration/inline_policies/0/document"},
	"because": ["/configuration/inline_policies/0/document/Statement/0"],
}

_role(path, entries) := {
	"type": "AWS::IAM::Role",
	"configuration": {"path": path},
	"facts": {"full_services": {"value": entries}},
}

_by_group := object.union(_full("kms", "inline", false), {"by": {"group": "admins"}})

cases := {
	"everything to keys fails": {"want": "fail", "resource": _role("/", [_full("kms", "inline", false)])},
	"everything to trails fails": {"want": "fail", "resource": _role("/", [_full("cloudtrail", "inline", false)])},
	"everything fails": {"want": "fail", "resource": _role("/", [_full("*", "inline", false)])},
	"what the boundary withholds passes": {"want": "pass", "resource": _role("/", [_full("kms", "inline", true)])},
	"an attached policy is judged by itself": {"want": "pass", "resource": _role("/", [_full("kms", "attached", false)])},
	"a group's policy is the group's": {"want": "pass", "resource": object.union(_role("/", [_by_group]), {"type": "AWS::IAM::User"})},
	"a role that Identity Center made passes": {"want": "pass", "resource": _role("/aws-reserved/sso.amazonaws.com/", [_full("kms", "inline", false)])},
	"another service passes": {"want": "pass", "resource": _role("/", [_full("s3", "inline", false)])},
	"unread policies are unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::Role", "configuration": {"path": "/"}, "facts": {"full_services": {"waits_for": ["/configuration/inline_policies"]}}}},
}

test_cases if {
	every case in cases {
		denials := inline_policies_without_key_or_trail_control.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
