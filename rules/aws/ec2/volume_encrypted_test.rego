package aws.ec2.volume_encrypted_test

import data.aws.ec2.volume_encrypted
import data.lib.cases as lib

cases := {
	"a plain volume fails": {"want": "fail", "resource": {"configuration": {"encrypted": false}}},
	"an encrypted volume passes": {"want": "pass", "resource": {"configuration": {"encrypted": true}}},
	"a volume whose default is not known yet is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/encrypted"]},
	},
}

test_cases if {
	every case in cases {
		denials := volume_encrypted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
