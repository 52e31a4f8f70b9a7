package aws.iam.role_not_open_to_anyone_test

import data.aws.iam.role_not_open_to_anyone
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

_role(entry) := {"facts": {"trusted": {"value": [entry]}}}

cases := {
	"anyone fails": {"want": "fail", "paths": ["/facts/trusted/value/0"], "resource": _role(_trusted("anyone", {}))},
	"anyone who knows an external id fails": {"want": "fail", "resource": _role(_trusted("anyone", {"requirements": [_test("external_id", "sts:externalid", "a1b2")]}))},
	"anyone of an organization passes": {"want": "pass", "resource": _role(_trusted("anyone", {"restricted": true}))},
	"a service passes": {"want": "pass", "resource": _role(_trusted("service", {"name": "ec2.amazonaws.com"}))},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}}},
}

test_cases if {
	every case in cases {
		denials := role_not_open_to_anyone.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
