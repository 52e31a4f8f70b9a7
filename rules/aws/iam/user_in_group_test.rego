package aws.iam.user_in_group_test

import data.aws.iam.user_in_group
import data.lib.cases as lib

cases := {
	"a user in no group fails": {"want": "fail", "paths": ["/configuration/groups"], "resource": {"configuration": {"groups": []}}},
	"a user in a group passes": {"want": "pass", "resource": {"configuration": {"groups": ["web"]}}},
	"unread groups are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/groups"]}},
}

test_cases if {
	every case in cases {
		denials := user_in_group.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
