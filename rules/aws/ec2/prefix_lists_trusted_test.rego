package aws.ec2.prefix_lists_trusted_test

import data.aws.ec2.prefix_lists_trusted
import data.lib.cases as lib

_list(owner) := {"account": "111122223333", "facts": {"prefix_lists": {"value": [{
	"direction": "ingress",
	"prefix_list": "pl-0a",
	"owner": owner,
	"because": ["/configuration/ingress/0"],
}]}}}

cases := {
	"a list of another account fails": {
		"want": "fail",
		"paths": ["/facts/prefix_lists/value/0"],
		"resource": _list("444455556666"),
	},
	"a list of AWS passes": {"want": "pass", "resource": _list("AWS")},
	"an own list passes": {"want": "pass", "resource": _list("111122223333")},
	"a list that was not read is unknown": {
		"want": "unknown",
		"resource": {"facts": {"prefix_lists": {"waits_for": ["/configuration/ingress/0/prefix_list_id"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := prefix_lists_trusted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
