package aws.iam.identity_without_takeover_test

import data.aws.iam.identity_without_takeover
import data.lib.cases as lib

_way(place, keys) := {
	"path": "lambda-001",
	"actions": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
	"any_target": true,
	"gain": "target",
	"depends_on": keys,
	"because": [place],
}

_some := object.union(_way(_inline, []), {"any_target": false, "target": "arn:aws:iam::111122223333:role/app"})

_inline := "/configuration/inline_policies/0/document/Statement/0"

_group := "/configuration/groups/0"

_identity(type, path, entries) := {
	"type": type,
	"configuration": {"path": path},
	"facts": {"takeovers": {"value": entries}},
}

cases := {
	"a role with such a way fails": {"want": "fail", "resource": _identity("AWS::IAM::Role", "/", [_way(_inline, [])])},
	"also under a condition": {"want": "fail", "resource": _identity("AWS::IAM::Role", "/", [_way(_inline, ["aws:multifactorauthpresent"])])},
	"a group fails, also without members": {"want": "fail", "resource": _identity("AWS::IAM::Group", "/", [_way(_inline, [])])},
	"what a user has by a group fails": {"want": "fail", "resource": _identity("AWS::IAM::User", "/", [_way(_group, [])])},
	"what a user has by itself fails": {"want": "fail", "resource": _identity("AWS::IAM::User", "/", [_way(_inline, [])])},
	"a role that Identity Center made passes": {"want": "pass", "resource": _identity("AWS::IAM::Role", "/aws-reserved/sso.amazonaws.com/", [_way(_inline, [])])},
	"no such way passes": {"want": "pass", "resource": _identity("AWS::IAM::Role", "/", [])},
	"a policy that is not read is unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::Role", "configuration": {"path": "/"}, "facts": {"takeovers": {"waits_for": ["/configuration/attached_policies"]}}}},
	"named targets pass": {"want": "pass", "resource": _identity("AWS::IAM::Role", "/", [_some])},
}

test_cases if {
	every case in cases {
		denials := identity_without_takeover.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
