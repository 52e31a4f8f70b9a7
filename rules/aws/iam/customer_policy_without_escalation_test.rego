package aws.iam.customer_policy_without_escalation_test

import data.aws.iam.customer_policy_without_escalation
import data.lib.cases as lib

_way(keys) := {
	"path": "iam-001",
	"action": "iam:CreatePolicyVersion",
	"resource": "arn:aws:iam::111122223333:policy/ops",
	"gain": "everything",
	"depends_on": keys,
	"because": ["/configuration/document/Statement/0"],
}

_policy(managed, entries) := {
	"configuration": {"aws_managed": managed},
	"facts": {"escalations": {"value": entries}},
}

cases := {
	"a policy that may write itself fails": {"want": "fail", "paths": ["/facts/escalations/value/0"], "resource": _policy(false, [_way([])])},
	"also under a condition": {"want": "fail", "resource": _policy(false, [_way(["aws:multifactorauthpresent"])])},
	"a policy without such ways passes": {"want": "pass", "resource": _policy(false, [])},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, [_way([])])},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"escalations": {"waits_for": ["/configuration/document"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_without_escalation.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
