package aws.s3.policy_without_not_principal_test

import data.aws.s3.policy_without_not_principal
import data.lib.cases as lib

_bucket(effect, element) := {"configuration": {"policy": {
	"Version": "2012-10-17",
	"Statement": [object.union({"Effect": effect, "Action": ["s3:getobject"], "Resource": ["*"]}, element)],
}}}

_own := {"AWS": ["arn:aws:iam::111122223333:root"]}

cases := {
	"an Allow with NotPrincipal fails": {
		"want": "fail",
		"paths": ["/configuration/policy/Statement/0/NotPrincipal"],
		"resource": _bucket("Allow", {"NotPrincipal": _own}),
	},
	"a Deny with NotPrincipal passes": {"want": "pass", "resource": _bucket("Deny", {"NotPrincipal": _own})},
	"an Allow with Principal passes": {"want": "pass", "resource": _bucket("Allow", {"Principal": _own})},
	"no policy passes": {"want": "pass", "resource": {"configuration": {}}},
	"an unread policy is unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/policy"]}},
}

test_cases if {
	every case in cases {
		denials := policy_without_not_principal.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
