package plimsoll.failover.path_works_test

import data.lib.cases as lib
import data.plimsoll.failover.path_works

_blocked := {
	"step": "hop 1",
	"action": "sts:AssumeRole",
	"resource": "arn:aws:iam::111122223333:role/orders",
	"region": "eu-west-1",
	"layer": "trust policy",
	"reason": "no statement allows sts:AssumeRole",
	"because": "/configuration/hops/0",
}

_fixed := object.union(_blocked, {
	"statement": "\"Regions\" of p-1",
	"works_at_home": true,
	"fix": [{
		"policy": "arn:aws:iam::111122223333:role/orders#/configuration/assume_role_policy",
		"change": "add a statement",
		"statement": "{\"Effect\":\"Allow\"}",
	}],
})

_blocks(fact) := {
	"configuration": {"degraded_region": "us-east-1", "region": "eu-west-1"},
	"facts": {"blocked": fact},
}

cases := {
	"a hop that is denied fails": {
		"want": "fail",
		"paths": ["/facts/blocked/value/0"],
		"resource": _blocks({"value": [_blocked]}),
	},
	"a hop that is denied fails also while another is undecided": {
		"want": "fail",
		"paths": ["/facts/blocked/value/0"],
		"resource": _blocks({"value": [_fixed], "waits_for": ["aws:SourceVpce"]}),
	},
	"a path that goes through passes": {"want": "pass", "resource": _blocks({"value": []})},
	"a path that hangs on something unread is unknown": {
		"want": "unknown",
		"resource": _blocks({"waits_for": ["service control policies of 111122223333 were not read"]}),
	},
}

test_cases if {
	every case in cases {
		denials := path_works.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}

test_the_message_says_who_denies_and_what_would_fix_it if {
	document := {"resource": _blocks({"value": [_fixed]})}
	some denial in path_works.deny with input as document
	contains(denial.message, "statement \"Regions\" of p-1; in the degraded region it would; fix: in arn:aws:iam")
}
