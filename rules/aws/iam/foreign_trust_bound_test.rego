package aws.iam.foreign_trust_bound_test

import data.aws.iam.foreign_trust_bound
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

_role(entry, guards) := {"facts": {"trusted": {"value": [entry]}, "trust_guards": {"value": guards}}}

_guard(kind, key, more) := object.union(
	{
		"everyone": true,
		"actions": ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"],
		"limits": true,
		"requirement": _test(kind, key, "x"),
		"because": "/configuration/assume_role_policy/Statement/1",
	},
	more,
)

_vendor(more) := _trusted("account", object.union(
	{"name": "444455556666", "account": "444455556666", "confused_deputy_guard": false},
	more,
))

cases := {
	"a foreign account without external id fails": {"want": "fail", "resource": _role(_vendor({}), [])},
	"a foreign principal whose account is not told fails": {"want": "fail", "resource": _role(_trusted("principal", {"name": "arn:aws:iam::444455556666:role/ci"}), [])},
	"a foreign account with an external id passes": {"want": "pass", "resource": _role(_vendor({"confused_deputy_guard": true}), [])},
	"an account of the organization passes": {"want": "pass", "resource": _role(_vendor({"of_organization": true}), [])},
	"the own account passes": {"want": "pass", "resource": _role(_vendor({"foreign": false}), [])},
	"an external id that a deny demands of everyone passes": {"want": "pass", "resource": _role(_vendor({}), [_guard("external_id", "sts:externalid", {})])},
	"a deny about something else fails": {"want": "fail", "resource": _role(_vendor({}), [_guard("network", "aws:sourceip", {})])},
	"a deny about whom services act for fails": {"want": "fail", "resource": _role(_vendor({}), [_guard("organization", "aws:sourceorgid", {})])},
	"a deny that any external id stands fails": {"want": "fail", "resource": _role(_vendor({}), [_guard("external_id", "sts:externalid", {"limits": false})])},
	"a deny about another way in fails": {"want": "fail", "resource": _role(_vendor({}), [_guard("external_id", "sts:externalid", {"actions": ["sts:assumerolewithsaml"]})])},
	"a deny for some fails": {"want": "fail", "resource": _role(_vendor({}), [_guard("external_id", "sts:externalid", {"everyone": false})])},
	"denies that were not read are unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"value": [_vendor({})]}, "trust_guards": {"waits_for": ["/configuration/assume_role_policy/Statement/1"]}}}},
	"denies of which one was not read are unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"value": [_vendor({})]}, "trust_guards": {"value": [_guard("network", "aws:sourceip", {})], "waits_for": ["/configuration/assume_role_policy/Statement/2"]}}}},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}, "trust_guards": {"value": []}}}},
}

test_cases if {
	every case in cases {
		denials := foreign_trust_bound.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
