package aws.s3.encrypted_test

import data.aws.s3.encrypted
import data.lib.cases as lib

_bucket(algorithm) := {"configuration": {"encryption": {"algorithm": algorithm, "bucket_key_enabled": false}}}

cases := {
	"an algorithm that is not wanted fails": {
		"want": "fail",
		"paths": ["/configuration/encryption/algorithm"],
		"resource": _bucket("none"),
	},
	"AES256 passes": {"want": "pass", "resource": _bucket("AES256")},
	"KMS passes": {"want": "pass", "resource": _bucket("aws:kms")},
	"the default of AWS passes": {"want": "pass", "resource": {"configuration": {}}},
	"unread encryption is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/encryption"]}},
}

test_cases if {
	every case in cases {
		denials := encrypted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
