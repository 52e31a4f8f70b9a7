package aws.ec2.volumes_encrypted_by_default_test

import data.aws.ec2.volumes_encrypted_by_default
import data.lib.cases as lib

cases := {
	"off fails": {"want": "fail", "resource": {"configuration": {"ebs_encryption_by_default": false}}},
	"on passes": {"want": "pass", "resource": {"configuration": {"ebs_encryption_by_default": true}}},
	"an unread setting is unknown": {
		"want": "unknown",
		"resource": {"unknown": ["/configuration/ebs_encryption_by_default"]},
	},
}

test_cases if {
	every case in cases {
		denials := volumes_encrypted_by_default.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
