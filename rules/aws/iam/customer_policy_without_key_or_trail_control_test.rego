package aws.iam.customer_policy_without_key_or_trail_control_test

import data.aws.iam.customer_policy_without_key_or_trail_control
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
	"everything to keys fails": {"want": "fail", "resource": _policy(false, [_full("kms", [], true)])},
	"everything to trails fails": {"want": "fail", "resource": _policy(false, [_full("cloudtrail", [], true)])},
	"everything fails": {"want": "fail", "resource": _policy(false, [_full("*", [], true)])},
	"all services but others fail": {"want": "fail", "resource": _policy(false, [_full("*", ["iam"], true)])},
	"all services but these pass": {"want": "pass", "resource": _policy(false, [_full("*", ["cloudtrail", "kms"], true)])},
	"everything to some keys passes": {"want": "pass", "resource": _policy(false, [_full("kms", [], false)])},
	"another service passes": {"want": "pass", "resource": _policy(false, [_full("s3", [], true)])},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, [_full("kms", [], true)])},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"full_services": {"waits_for": ["/configuration/document"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_without_key_or_trail_control.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
