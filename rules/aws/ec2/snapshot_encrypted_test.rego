package aws.ec2.snapshot_encrypted_test

import data.aws.ec2.snapshot_encrypted
import data.lib.cases as lib

cases := {
	"a plain snapshot fails": {
		"want": "fail",
		"paths": ["/configuration/encrypted"],
		"resource": {"configuration": {"encrypted": false}},
	},
	"an encrypted snapshot passes": {"want": "pass", "resource": {"configuration": {"encrypted": true}}},
	"an unread setting is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/encrypted"]}},
}

test_cases if {
	every case in cases {
		denials := snapshot_encrypted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
