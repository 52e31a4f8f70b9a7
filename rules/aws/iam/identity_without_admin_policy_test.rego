package aws.iam.identity_without_admin_policy_test

import data.aws.iam.identity_without_admin_policy
import data.lib.cases as lib

_by(kind, policy, place) := {"kind": kind, "policy": policy, "aws_managed": false, "because": place}

_role(path, entries) := {
	"type": "AWS::IAM::Role",
	"configuration": {"path": path},
	"facts": {"admin_policies": {"value": entries}},
}

_inline := _by("inline", "all", "/configuration/inline_policies/0/document")

_attached := _by("attached", "arn:aws:iam::aws:policy/AdministratorAccess", "/configuration/attached_policies/0")

_through_group := object.union(_attached, {"group": "admins", "because": "/configuration/groups/0"})

cases := {
	"a role with such a policy fails": {"want": "fail", "resource": _role("/", [_attached])},
	"a user with such a policy fails": {"want": "fail", "resource": object.union(_role("/", [_attached]), {"type": "AWS::IAM::User"})},
	"a group fails, also without members": {"want": "fail", "resource": object.union(_role("/", [_attached]), {"type": "AWS::IAM::Group"})},
	"a group's policy is the group's": {"want": "pass", "resource": object.union(_role("/", [_through_group]), {"type": "AWS::IAM::User"})},
	"what two groups allow only together is the user's": {"want": "fail", "resource": object.union(_role("/", [object.union(_through_group, {"with_others": true})]), {"type": "AWS::IAM::User"})},
	"an inline policy is not attached": {"want": "pass", "resource": _role("/", [_inline])},
	"a service-linked role passes": {"want": "pass", "resource": _role("/aws-service-role/x.amazonaws.com/", [_attached])},
	"policies that are not read are unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::Role", "configuration": {"path": "/"}, "facts": {"admin_policies": {"waits_for": ["/configuration/attached_policies"]}}}},
}

test_cases if {
	every case in cases {
		denials := identity_without_admin_policy.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
