package aws.iam.customer_policy_without_service_wildcards_test

import data.aws.iam.customer_policy_without_service_wildcards
import data.lib.cases as lib

_full(service, except, every_resource) := {
	"service": service,
	"except": except,
	"every_resource": every_resource,
	"bounded": false,
	"because": ["/configuration/document/Statement/0"],
}

_policy(managed, entries) := {
	"configuration": {"aws_managed": managed},
	"facts": {"full_services": {"value": entries}},
}

cases := {
	"every action of a service fails": {"want": "fail", "paths": ["/facts/full_services/value/0"], "resource": _policy(false, [_full("kms", [], true)])},
	"also on some resources": {"want": "fail", "resource": _policy(false, [_full("s3", [], false)])},
	"all services but some fail": {"want": "fail", "resource": _policy(false, [_full("*", ["iam", "organizations"], true)])},
	"all services but many fail": {"want": "fail", "resource": _policy(false, [_full("*", ["a", "b", "c", "d", "e", "f"], true)])},
	"everything on some resources fails": {"want": "fail", "resource": _policy(false, [_full("*", [], false)])},
	"full administration is another rule": {"want": "pass", "resource": _policy(false, [_full("*", [], true)])},
	"single actions pass": {"want": "pass", "resource": _policy(false, [])},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, [_full("kms", [], true)])},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"full_services": {"waits_for": ["/configuration/document"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_without_service_wildcards.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
