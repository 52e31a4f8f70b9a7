package aws.iam.inline_policies_sensitive_actions_bounded_test

import data.aws.iam.inline_policies_sensitive_actions_bounded
import data.lib.cases as lib

_wide(action, limits, narrowed) := {
	"action": action,
	"limits": limits,
	"narrowed": narrowed,
	"bounded": false,
	"because": ["/configuration/document/Statement/0"],
}

_limit(kind, key, value) := {
	"kind": kind,
	"key": key,
	"values": [value],
	"demanded": true,
	"words": sprintf("%s is %s", [key, value]),
}

_inline := {"by": {
	"kind": "inline",
	"policy": "p",
	"aws_managed": false,
	"because": "/configuration/inline_policies/0/document",
}}

_role(path, entries) := {
	"type": "AWS::IAM::Role",
	"configuration": {"path": path},
	"facts": {"unbounded": {"value": [object.union(entry, _inline) | some entry in entries]}},
}

_mfa := _wide("sts:AssumeRole", [_limit("mfa", "aws:multifactorauthpresent", "true")], false)

cases := {
	"any role to any service fails": {"want": "fail", "resource": _role("/", [_wide("iam:PassRole", [], false)])},
	"every role assumed fails, also with a second factor": {"want": "fail", "resource": _role("/", [_mfa])},
	"a limit of the resource passes": {"want": "pass", "resource": _role("/", [_wide("iam:PassRole", [], true)])},
	"what the boundary withholds passes": {"want": "pass", "resource": _role("/", [object.union(_wide("iam:PassRole", [], false), {"bounded": true})])},
	"an attached policy is judged by itself": {"want": "pass", "resource": object.union(_role("/", []), {"facts": {"unbounded": {"value": [object.union(_wide("iam:PassRole", [], false), {"by": object.union(_inline.by, {"kind": "attached"})})]}}})},
	"a group's policy is the group's": {"want": "pass", "resource": object.union(_role("/", []), {"type": "AWS::IAM::User", "facts": {"unbounded": {"value": [object.union(_wide("iam:PassRole", [], false), {"by": object.union(_inline.by, {"group": "g"})})]}}})},
	"a role that Identity Center made passes": {"want": "pass", "resource": _role("/aws-reserved/sso.amazonaws.com/", [_wide("iam:PassRole", [], false)])},
	"an action that is not in the list passes": {"want": "pass", "resource": _role("/", [_wide("dynamodb:Scan", [], false)])},
	"unread policies are unknown": {"want": "unknown", "resource": {"type": "AWS::IAM::Role", "configuration": {"path": "/"}, "facts": {"unbounded": {"waits_for": ["/configuration/inline_policies"]}}}},
}

test_cases if {
	every case in cases {
		denials := inline_policies_sensitive_actions_bounded.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
