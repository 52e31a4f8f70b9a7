package aws.s3.encrypted_with_kms_test

import data.aws.s3.encrypted_with_kms
import data.lib.cases as lib

_bucket(algorithm) := {"configuration": {"encryption": {"algorithm": algorithm, "bucket_key_enabled": true}}}

cases := {
	"AES256 fails": {"want": "fail", "paths": ["/configuration/encryption/algorithm"], "resource": _bucket("AES256")},
	"AWS's default fails": {"want": "fail", "resource": {"configuration": {}}},
	"KMS passes": {"want": "pass", "resource": _bucket("aws:kms")},
	"KMS in two layers passes": {"want": "pass", "resource": _bucket("aws:kms:dsse")},
	"unread encryption is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/encryption"]}},
}

test_cases if {
	every case in cases {
		denials := encrypted_with_kms.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
