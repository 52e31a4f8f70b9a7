package aws.iam.federated_trust_limited_test

import data.aws.iam.federated_trust_limited
import data.lib.cases as lib

_role(name, keys) := {"facts": {"trusted": {"value": [{
	"kind": "federated",
	"name": name,
	"foreign": false,
	"condition_keys": keys,
	"restricted": false,
	"because": "/configuration/assume_role_policy/Statement/0",
}]}}}

_github := "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"

cases := {
	"an audience alone fails": {
		"want": "fail",
		"resource": _role(_github, ["token.actions.githubusercontent.com:aud"]),
	},
	"a subject passes": {"want": "pass", "resource": _role(_github, ["token.actions.githubusercontent.com:sub"])},
	"an identity pool passes": {
		"want": "pass",
		"resource": _role("cognito-identity.amazonaws.com", ["cognito-identity.amazonaws.com:aud"]),
	},
	"a SAML provider passes": {
		"want": "pass",
		"resource": _role("arn:aws:iam::111122223333:saml-provider/corporate", ["saml:aud"]),
	},
	"an unread trust policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := federated_trust_limited.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
