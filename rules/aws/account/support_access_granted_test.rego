package aws.account.support_access_granted_test

import data.aws.account.support_access_granted
import data.lib.cases as lib

_granted(value) := {"facts": {"support_access_granted": {"value": value}}}

cases := {
	"nobody fails": {"want": "fail", "paths": ["/facts/support_access_granted"], "resource": _granted(false)},
	"somebody passes": {"want": "pass", "resource": _granted(true)},
	"roles that were not listed are unknown": {"want": "unknown", "resource": {"facts": {"support_access_granted": {
		"waits_for": ["list of AWS::IAM::Role in 111122223333 global"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := support_access_granted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
