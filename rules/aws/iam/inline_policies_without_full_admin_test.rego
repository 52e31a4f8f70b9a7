package aws.iam.inline_policies_without_full_admin_test

import data.aws.iam.inline_policies_without_full_admin
import data.lib.cases as lib

_by(kind, policy, place) := {"kind": kind, "policy": policy, "aws_managed": false, "because": place}

_role(path, entries) := {
	"type": "AWS::IAM::Role",
	"configuration": {"path": path},
	"facts": {"admin_policies": {"value": entries}},
}

_inline := _by("inline", "all", "/configuration/inline_policies/0/document")

_attached := _by("attached", "arn:aws:iam::aws:policy/AdministratorAccess", "/configuration/attached_policies/0")

_through_group := object.union(_inline, {"group": "admins", "because": "/configuration/groups/0"})

cases := {
	"an inline policy with everything fails": {"want": "fail", "paths": ["/facts/admin_policies/value/0"], "resource": _role("/", [_inline])},
	"an attached policy is not inline": {"want": "pass", "resource": _role("/", [_attached])},
	"a group's inline policy is the group's": {"want": "pass", "resource": object.union(_role("/", [_through_group]), {"type": "AWS::IAM::User"})},
	"what two groups allow only together is the user's": {"want": "fail", "resource": object.union(_role("/", [object.union(_through_group, {"with_others": true})]), {"type": "AWS::IAM::User"})},
	"a group fails by its own": {"want": "fail", "resource": object.union(_role("/", [_inline]), {"type": "AWS::IAM::Group"})},
	"a role that Identity Center made passes": {"want": "pass", "resource": _role("/aws-reserved/sso.amazonaws.com/", [_inline])},
	"limited policies pass": {"want": "pass", "resource": _role("/", [])},
	"policies that are not read are unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::Role", "configuration": {"path": "/"}, "facts": {"admin_policies": {"waits_for": ["/configuration/inline_policies"]}}}},
}

test_cases if {
	every case in cases {
		denials := inline_policies_without_full_admin.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
