package aws.s3.access_points_let_in_trusted_only_test

import data.aws.s3.access_points_let_in_trusted_only
import data.lib.cases as lib

_bucket(account, evidence) := {"facts": {"effective_access": {"value": [{
	"who": "account",
	"name": account,
	"account": account,
	"levels": ["read"],
	"evidence": evidence,
	"because": ["/configuration/policy"],
}]}}}

_point := "arn:aws:s3:eu-west-1:111122223333:accesspoint/p#/configuration/policy/Statement/0"

cases := {
	"an account that comes through an access point fails": {
		"want": "fail",
		"paths": ["/facts/effective_access/value/0"],
		"resource": _bucket("444455556666", _point),
	},
	"a principal that comes through an access point fails": {"want": "fail", "resource": {"facts": {"effective_access": {"value": [{
		"who": "principal",
		"name": "arn:aws:iam::444455556666:role/etl",
		"account": "444455556666",
		"levels": ["read"],
		"evidence": _point,
		"because": ["/configuration/policy"],
	}]}}}},
	"an account that the bucket policy names is another rule's matter": {
		"want": "pass",
		"resource": _bucket("444455556666", "/configuration/policy/Statement/0"),
	},
	"nobody from outside passes": {"want": "pass", "resource": {"facts": {"effective_access": {"value": []}}}},
	"an access point that was not read is unknown": {
		"want": "unknown",
		"resource": {"facts": {"effective_access": {"waits_for": ["list of AWS::S3::AccessPoint in 111122223333 eu-west-1"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := access_points_let_in_trusted_only.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
