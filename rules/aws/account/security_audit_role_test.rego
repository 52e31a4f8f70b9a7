package aws.account.security_audit_role_test

import data.aws.account.security_audit_role
import data.lib.cases as lib

_there(value) := {"facts": {"audit_role": {"value": value}}}

cases := {
	"no such role fails": {"want": "fail", "paths": ["/facts/audit_role"], "resource": _there(false)},
	"a role passes": {"want": "pass", "resource": _there(true)},
	"roles that were not listed are unknown": {"want": "unknown", "resource": {"facts": {"audit_role": {
		"waits_for": ["list of AWS::IAM::Role in 111122223333 global"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := security_audit_role.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
