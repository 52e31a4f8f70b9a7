package aws.s3.acl_without_foreign_grants_test

import data.aws.s3.acl_without_foreign_grants
import data.lib.cases as lib

_bucket(ownership, grantee) := {"configuration": {
	"ownership": ownership,
	"acl": [
		{"grantee": grantee, "permission": "READ"},
		{"grantee": "owner", "permission": "FULL_CONTROL"},
	],
}}

_other := "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

cases := {
	"a grant to another account fails": {
		"want": "fail",
		"paths": ["/configuration/acl/0/grantee"],
		"resource": _bucket("ObjectWriter", _other),
	},
	"ACLs that are off pass": {"want": "pass", "resource": _bucket("BucketOwnerEnforced", _other)},
	"log delivery of AWS passes": {
		"want": "pass",
		"resource": _bucket("ObjectWriter", "http://acs.amazonaws.com/groups/s3/LogDelivery"),
	},
	"CloudFront's log delivery passes": {
		"want": "pass",
		"resource": _bucket("ObjectWriter", "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"),
	},
	"an unread ACL is unknown": {"want": "unknown", "resource": {
		"configuration": {"ownership": "ObjectWriter"},
		"unknown": ["/configuration/acl"],
	}},
}

test_cases if {
	every case in cases {
		denials := acl_without_foreign_grants.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
