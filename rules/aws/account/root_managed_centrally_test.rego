package aws.account.root_managed_centrally_test

import data.aws.account.root_managed_centrally
import data.lib.cases as lib

_features(credentials) := {"configuration": {"root_management": {"credentials": credentials, "sessions": true}}}

cases := {
	"credentials that are left to the members fail": {
		"want": "fail",
		"paths": ["/configuration/root_management/credentials"],
		"resource": _features(false),
	},
	"credentials that are managed pass": {"want": "pass", "resource": _features(true)},
	"an account that does not manage an organization passes": {"want": "pass", "resource": {"configuration": {}}},
	"a denied question is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/root_management"]}},
}

test_cases if {
	every case in cases {
		denials := root_managed_centrally.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
