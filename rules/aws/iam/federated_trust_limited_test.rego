package aws.iam.federated_trust_limited_test

import data.aws.iam.federated_trust_limited
import data.lib.cases as lib

_trusted(name, subjects) := {
	"kind": "federated",
	"name": name,
	"foreign": false,
	"condition_keys": [],
	"restricted": false,
	"subjects": subjects,
	"because": "/configuration/assume_role_policy/Statement/0",
}

_role(trusted, guards) := {"facts": {"trusted": {"value": [trusted]}, "trust_guards": guards}}

_github := "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"

_none := {"value": []}

_guard(kind) := {"value": [{
	"everyone": true,
	"actions": ["sts:assumerolewithwebidentity"],
	"requirement": {
		"kind": kind,
		"key": "token.actions.githubusercontent.com:sub",
		"values": ["repo:octo-org/site:*"],
		"demanded": true,
		"words": "token.actions.githubusercontent.com:sub is like \"repo:octo-org/site:*\"",
	},
	"because": "/configuration/assume_role_policy/Statement/1",
}]}

cases := {
	"any subject fails": {"want": "fail", "resource": _role(_trusted(_github, "any"), _none)},
	"an owner passes": {"want": "pass", "resource": _role(_trusted(_github, "owner"), _none)},
	"a named subject passes": {"want": "pass", "resource": _role(_trusted(_github, "named"), _none)},
	"a subject that a deny demands passes": {
		"want": "pass",
		"resource": _role(_trusted(_github, "any"), _guard("subject")),
	},
	"a deny of something else fails": {
		"want": "fail",
		"resource": _role(_trusted(_github, "any"), _guard("network")),
	},
	"a SAML provider passes": {
		"want": "pass",
		"resource": _role(object.remove(_trusted("arn:aws:iam::111122223333:saml-provider/corporate", "any"), ["subjects"]), _none),
	},
	"an unread trust policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}},
	},
	"denies of which one was not read are unknown": {
		"want": "unknown",
		"resource": _role(_trusted(_github, "any"), {
			"value": _guard("network").value,
			"waits_for": ["/configuration/assume_role_policy/Statement/2"],
		}),
	},
}

test_cases if {
	every case in cases {
		denials := federated_trust_limited.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
