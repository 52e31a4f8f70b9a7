package aws.s3.acls_disabled_test

import data.aws.s3.acls_disabled
import data.lib.cases as lib

cases := {
	"ownership of the writer fails": {"want": "fail", "resource": {"configuration": {"ownership": "ObjectWriter"}}},
	"no ownership setting fails": {"want": "fail", "resource": {"configuration": {}}},
	"enforced ownership passes": {"want": "pass", "resource": {"configuration": {"ownership": "BucketOwnerEnforced"}}},
	"unread ownership is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/ownership"]}},
}

test_cases if {
	every case in cases {
		denials := acls_disabled.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
