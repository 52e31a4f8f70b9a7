package aws.account.people_federated_test

import data.aws.account.people_federated
import data.lib.cases as lib

_facts(users, provider) := {"facts": {"console_users": {"value": users}, "saml_provider": {"value": provider}}}

cases := {
	"passwords and no provider fail": {"want": "fail", "paths": ["/facts/saml_provider"], "resource": _facts(true, false)},
	"a provider passes": {"want": "pass", "resource": _facts(true, true)},
	"no passwords pass": {"want": "pass", "resource": _facts(false, false)},
	"providers that were not listed are unknown": {"want": "unknown", "resource": {"facts": {
		"console_users": {"value": true},
		"saml_provider": {"waits_for": ["list of AWS::IAM::SAMLProvider in 111122223333 global"]},
	}}},
	"unread passwords are unknown": {"want": "unknown", "resource": {"facts": {
		"console_users": {"waits_for": ["list of AWS::IAM::User in 111122223333 global"]},
		"saml_provider": {"value": false},
	}}},
}

test_cases if {
	every case in cases {
		denials := people_federated.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
