package aws.iam.trust_names_principals_test

import data.aws.iam.trust_names_principals
import data.lib.cases as lib

_but(element, every_resource) := {
	"element": element,
	"except": ["iam:*"],
	"every_resource": every_resource,
	"because": "/configuration/document/Statement/0",
}

_role(path, entry) := {"configuration": {"path": path}, "facts": {"all_but": {"value": [entry]}}}

_of_policy := {"by": {"kind": "inline", "policy": "p", "aws_managed": false, "because": "/configuration/inline_policies/0/document"}}

cases := {
	"everyone but some fails": {"want": "fail", "resource": _role("/", _but("NotPrincipal", false))},
	"a policy of the role is another rule": {"want": "pass", "resource": _role("/", object.union(_but("NotAction", true), _of_policy))},
	"a service-linked role passes": {"want": "pass", "resource": _role("/aws-service-role/x.amazonaws.com/", _but("NotAction", false))},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "facts": {"all_but": {"waits_for": ["/configuration/assume_role_policy"]}}}},
}

test_cases if {
	every case in cases {
		denials := trust_names_principals.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
