package aws.iam.user_mfa_test

import data.aws.iam.user_mfa
import data.lib.cases as lib

cases := {
	"a user without a device fails": {"want": "fail", "resource": {"configuration": {"mfa_active": false}}},
	"a user with a device passes": {"want": "pass", "resource": {"configuration": {"mfa_active": true}}},
	"unread devices are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/mfa_active"]}},
}

test_cases if {
	every case in cases {
		denials := user_mfa.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
