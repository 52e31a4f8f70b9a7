package aws.iam.federated_trust_limited_test

import data.aws.iam.federated_trust_limited
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

_github(more) := _trusted("federated", object.union(
	{"name": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", "foreign": false},
	more,
))

_sub := "token.actions.githubusercontent.com:sub"

cases := {
	"any identity fails": {"want": "fail", "resource": _role(_github({"subjects": "any"}), [])},
	"an audience alone fails": {"want": "fail", "resource": _role(_github({"subjects": "any", "requirements": [_test("audience", "x:aud", "sts.amazonaws.com")]}), [])},
	"one owner passes": {"want": "pass", "resource": _role(_github({"subjects": "owner"}), [])},
	"named repositories pass": {"want": "pass", "resource": _role(_github({"subjects": "named"}), [])},
	"SAML has no subjects and passes": {"want": "pass", "resource": _role(_github({}), [])},
	"a subject that a deny demands of everyone passes": {"want": "pass", "resource": _role(_github({"subjects": "any"}), [_guard("subject", _sub, {"subjects": "named"})])},
	"a deny about the audience fails": {"want": "fail", "resource": _role(_github({"subjects": "any"}), [_guard("audience", "x:aud", {"subjects": "any"})])},
	"a deny that any subject stands fails": {"want": "fail", "resource": _role(_github({"subjects": "any"}), [_guard("subject", _sub, {"subjects": "any", "limits": false})])},
	"a deny about another way in fails": {"want": "fail", "resource": _role(_github({"subjects": "any"}), [_guard("subject", _sub, {"subjects": "named", "actions": ["sts:assumerole"]})])},
	"a deny for some fails": {"want": "fail", "resource": _role(_github({"subjects": "any"}), [_guard("subject", _sub, {"subjects": "named", "everyone": false})])},
	"denies that were not all read are unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"value": [_github({"subjects": "any"})]}, "trust_guards": {"value": [], "waits_for": ["/configuration/assume_role_policy/Statement/1"]}}}},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}, "trust_guards": {"value": []}}}},
}

test_cases if {
	every case in cases {
		denials := federated_trust_limited.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
