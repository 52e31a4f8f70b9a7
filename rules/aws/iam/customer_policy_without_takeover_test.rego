package aws.iam.customer_policy_without_takeover_test

import data.aws.iam.customer_policy_without_takeover
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

_inline := "/configuration/document/Statement/0"

_policy(managed, entries) := {
	"configuration": {"aws_managed": managed},
	"facts": {"takeovers": {"value": entries}},
}

_four := [object.union(_way(_inline, []), {"path": path}) | some path in ["a", "b", "c", "d"]]

cases := {
	"any role handed to code fails": {"want": "fail", "paths": ["/facts/takeovers"], "resource": _policy(false, [_way(_inline, [])])},
	"also under a condition": {"want": "fail", "resource": _policy(false, [_way(_inline, ["aws:requestedregion"])])},
	"many ways are one denial": {"want": "fail", "paths": ["/facts/takeovers"], "resource": _policy(false, _four)},
	"named targets pass": {"want": "pass", "resource": _policy(false, [_some])},
	"of a longer way only the shorter is told": {"want": "pass", "resource": _policy(false, [object.union(_way(_inline, []), {"extends": "lambda-003"})])},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, [_way(_inline, [])])},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"takeovers": {"waits_for": ["/configuration/document"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_without_takeover.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
