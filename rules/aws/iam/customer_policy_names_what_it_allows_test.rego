package aws.iam.customer_policy_names_what_it_allows_test

import data.aws.iam.customer_policy_names_what_it_allows
import data.lib.cases as lib

_but(element, every_resource) := {
	"element": element,
	"except": ["iam:*"],
	"every_resource": every_resource,
	"because": "/configuration/document/Statement/0",
}

_policy(managed, entries) := {
	"configuration": {"aws_managed": managed},
	"facts": {"all_but": {"value": entries}},
}

cases := {
	"every action but some fails": {"want": "fail", "paths": ["/facts/all_but/value/0"], "resource": _policy(false, [_but("NotAction", true)])},
	"every resource but some fails": {"want": "fail", "resource": _policy(false, [_but("NotResource", true)])},
	"all but some on named resources passes": {"want": "pass", "resource": _policy(false, [_but("NotAction", false)])},
	"a policy of AWS passes": {"want": "pass", "resource": _policy(true, [_but("NotAction", true)])},
	"a policy that names what it allows passes": {"want": "pass", "resource": _policy(false, [])},
	"an unread document is unknown": {"want": "unknown", "resource": {"configuration": {"aws_managed": false}, "facts": {"all_but": {"waits_for": ["/configuration/document"]}}}},
}

test_cases if {
	every case in cases {
		denials := customer_policy_names_what_it_allows.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
