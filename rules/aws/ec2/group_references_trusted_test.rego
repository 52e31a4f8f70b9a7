package aws.ec2.group_references_trusted_test

import data.aws.ec2.group_references_trusted
import data.lib.cases as lib

_from(account) := {"configuration": {"ingress": [
	{"protocol": "all", "group_id": "self"},
	{"protocol": "tcp", "group_id": "sg-0b", "group_account": account},
]}}

cases := {
	"a group of a foreign account fails": {
		"want": "fail",
		"paths": ["/configuration/ingress/1/group_account"],
		"resource": _from("444455556666"),
	},
	"a group of AWS passes": {"want": "pass", "resource": _from("amazon-elb")},
	"the account's own groups pass": {
		"want": "pass",
		"resource": {"configuration": {"ingress": [{"protocol": "tcp", "group_id": "sg-0b"}]}},
	},
	"unread entries are unknown": {"want": "unknown", "resource": {"configuration": {}, "unknown": ["/configuration/ingress"]}},
}

test_cases if {
	every case in cases {
		denials := group_references_trusted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
