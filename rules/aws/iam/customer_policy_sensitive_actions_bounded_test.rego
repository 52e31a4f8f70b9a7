package aws.iam.customer_policy_sensitive_actions_bounded_test

import data.aws.iam.customer_policy_sensitive_actions_bounded
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

_passed_to(service) := _wide("iam:PassRole", [_limit("other", "iam:passedtoservice", service)], true)

_mfa := _wide("sts:AssumeRole", [_limit("mfa", "aws:multifactorauthpresent", "true")], false)

_policy(managed, entries) := {
	"configuration": {"aws_managed": managed},
	"facts": {"admin": {"value": false}, "unbounded": {"value": entries}},
}

_everything := {
	"configuration": {"aws_managed": false},
	"facts": {"admin": {"value": true}, "unbounded": {"value": [_wide("iam:PassRole", [], false)]}},
}

cases := {
	"any role to any service fails": {"want": "fail", "paths": ["/facts/unbounded/value/0"], "resource": _policy(false, [_wide("iam:PassRole", [], false)])},
	"full administration is told once": {"want": "fail", "paths": ["/facts/admin"], "resource": _everything},
	"any role to any service with a second factor fails": {"want": "fail", "resource": _policy(false, [object.union(_mfa, {"action": "iam:PassRole"})])},
	"any role to one service passes": {"want": "pass", "resource": _policy(false, [_passed_to("ecs-tasks.amazonaws.com")])},
	"any role to AgentCore fails": {"want": "fail", "resource": _policy(false, [_passed_to("bedrock-agentcore.amazonaws.com")])},
	"every role assumed fails, also with a second factor": {"want": "fail", "resource": _policy(false, [_mfa])},
	"every secret fails": {"want": "fail", "resource": _policy(false, [_wide("secretsmanager:GetSecretValue", [], false)])},
	"every token of AgentCore fails": {"want": "fail", "resource": _policy(false, [_wide("bedrock-agentcore:GetWorkloadAccessToken", [], false)])},
	"buying anything fails": {"want": "fail", "resource": _policy(false, [_wide("aws-marketplace:Subscribe", [], false)])},
	"an action that is not in the list passes": {"want": "pass", "resource": _policy(false, [_wide("dynamodb:Scan", [], false)])},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, [_wide("iam:PassRole", [], false)])},
	"named resources pass": {"want": "pass", "resource": _policy(false, [])},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"admin": {"value": false}, "unbounded": {"waits_for": ["/configuration/document"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_sensitive_actions_bounded.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
