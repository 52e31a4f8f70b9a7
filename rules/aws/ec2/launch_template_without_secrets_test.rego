package aws.ec2.launch_template_without_secrets_test

import data.aws.ec2.launch_template_without_secrets
import data.lib.cases as lib

_user_data(secrets) := {"configuration": {"user_data": {"bytes": 400, "secrets": secrets}}}

cases := {
	"a secret fails": {
		"want": "fail",
		"paths": ["/configuration/user_data/secrets/0"],
		"resource": _user_data([{"line": 3, "kind": "AWS access key"}]),
	},
	"user data without secrets passes": {"want": "pass", "resource": _user_data([])},
	"no user data passes": {"want": "pass", "resource": {"configuration": {}}},
	"an unread version is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/user_data"]}},
	"compressed user data is unknown": {
		"want": "unknown",
		"resource": {
			"configuration": {"user_data": {"bytes": 900}},
			"unknown": ["/configuration/user_data/secrets"],
		},
	},
}

test_cases if {
	every case in cases {
		denials := launch_template_without_secrets.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
