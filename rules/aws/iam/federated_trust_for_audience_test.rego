package aws.iam.federated_trust_for_audience_test

import data.aws.iam.federated_trust_for_audience
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

_saml(audience) := _trusted("federated", {
	"name": "arn:aws:iam::111122223333:saml-provider/idp",
	"foreign": false,
	"audience": audience,
})

cases := {
	"any audience fails": {"want": "fail", "resource": _role(_saml(false), [])},
	"a named audience passes": {"want": "pass", "resource": _role(_saml(true), [])},
	"an audience that a deny demands of everyone passes": {"want": "pass", "resource": _role(_saml(false), [_guard("audience", "saml:aud", {})])},
	"a deny about something else fails": {"want": "fail", "resource": _role(_saml(false), [_guard("subject", "saml:sub", {})])},
	"a deny about one way in fails": {"want": "fail", "resource": _role(_saml(false), [_guard("audience", "saml:aud", {"actions": ["sts:assumerolewithsaml"]})])},
	"a deny for some fails": {"want": "fail", "resource": _role(_saml(false), [_guard("audience", "saml:aud", {"everyone": false})])},
	"another principal passes": {"want": "pass", "resource": _role(_trusted("service", {"name": "ec2.amazonaws.com"}), [])},
	"denies that were not all read are unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"value": [_saml(false)]}, "trust_guards": {"value": [], "waits_for": ["/configuration/assume_role_policy/Statement/1"]}}}},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}, "trust_guards": {"value": []}}}},
}

test_cases if {
	every case in cases {
		denials := federated_trust_for_audience.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
