package aws.iam.trust_names_present_principals_test

import data.aws.iam.trust_names_present_principals
import data.lib.cases as lib

_role(path, kind, name) := {
	"configuration": {"path": path},
	"facts": {"dangling": {"value": [{
		"kind": kind,
		"name": name,
		"because": "/configuration/assume_role_policy/Statement/0",
	}]}},
}

cases := {
	"a deleted principal fails": {"want": "fail", "paths": ["/facts/dangling/value/0"], "resource": _role("/", "deleted", "AROAEXAMPLEID1234567A")},
	"a missing role fails": {"want": "fail", "resource": _role("/", "missing", "arn:aws:iam::111122223333:role/ci")},
	"a service-linked role passes": {"want": "pass", "resource": _role("/aws-service-role/x.amazonaws.com/", "deleted", "AROAEXAMPLEID1234567A")},
	"principals that are there pass": {"want": "pass", "resource": {"configuration": {"path": "/"}, "facts": {"dangling": {"value": []}}}},
	"a list of roles that is not whole is unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "facts": {"dangling": {"waits_for": ["list of AWS::IAM::Role in 111122223333 global"]}}}},
}

test_cases if {
	every case in cases {
		denials := trust_names_present_principals.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
