package aws.iam.foreign_trust_known_test

import data.aws.iam.foreign_trust_known
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

_vendor(more) := _trusted("account", object.union(
	{"name": "444455556666", "account": "444455556666", "confused_deputy_guard": false},
	more,
))

cases := {
	"an unknown account fails, also with an external id": {"want": "fail", "resource": _role(_vendor({"confused_deputy_guard": true}))},
	"an account of the organization passes": {"want": "pass", "resource": _role(_vendor({"of_organization": true}))},
	"the own account passes": {"want": "pass", "resource": _role(_vendor({"foreign": false}))},
	"a service passes": {"want": "pass", "resource": _role(_trusted("service", {"name": "ec2.amazonaws.com"}))},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}}},
}

test_cases if {
	every case in cases {
		denials := foreign_trust_known.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
