package aws.iam.service_trust_names_own_account_test

import data.aws.iam.service_trust_names_own_account
import data.lib.cases as lib

_trusted(kind, more) := object.union(
	{
		"kind": kind,
		"name": "*",
		"foreign": true,
		"condition_keys": [],
		"restricted": false,
		"because": "/configuration/assume_role_policy/Statement/0",
	},
	more,
)

_test(kind, key, value) := {"kind": kind, "key": key, "values": [value], "demanded": true, "words": sprintf("%s is %s", [key, value])}

_role(path, tests) := {
	"account": "111122223333",
	"configuration": {"path": path},
	"facts": {"trusted": {"value": [_trusted("service", {
		"name": "bedrock.amazonaws.com",
		"foreign": false,
		"confused_deputy_guard": true,
		"requirements": tests,
	})]}},
}

_own := _test("source", "aws:sourceaccount", "111122223333")

_other := _test("source", "aws:sourceaccount", "444455556666")

_arn(account) := _test("source", "aws:sourcearn", sprintf("arn:aws:bedrock:*:%s:*", [account]))

cases := {
	"another account fails": {"want": "fail", "paths": ["/facts/trusted/value/0"], "resource": _role("/", [_other])},
	"an ARN of another account fails": {"want": "fail", "resource": _role("/", [_arn("444455556666")])},
	"the own account passes": {"want": "pass", "resource": _role("/", [_own])},
	"an ARN of the own account passes": {"want": "pass", "resource": _role("/", [_arn("111122223333")])},
	"the own account beside any ARN passes": {"want": "pass", "resource": _role("/", [_own, _arn("*")])},
	"a bucket's ARN passes": {"want": "pass", "resource": _role("/", [_test("source", "aws:sourcearn", "arn:aws:s3:::photos")])},
	"a test that need not hold passes": {"want": "pass", "resource": _role("/", [object.union(_other, {"demanded": false})])},
	"no condition is another rule": {"want": "pass", "resource": {"configuration": {"path": "/"}, "facts": {"trusted": {"value": [_trusted("service", {"name": "bedrock.amazonaws.com"})]}}}},
	"a service-linked role passes": {"want": "pass", "resource": _role("/aws-service-role/x.amazonaws.com/", [_other])},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}}},
}

test_cases if {
	every case in cases {
		denials := service_trust_names_own_account.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
