package aws.iam.foreign_trust_bound_test

import data.aws.iam.foreign_trust_bound
import data.lib.cases as lib

_trusted(foreign, guard) := [{
	"kind": "account",
	"name": "arn:aws:iam::444455556666:root",
	"account": "444455556666",
	"foreign": foreign,
	"condition_keys": [],
	"restricted": false,
	"confused_deputy_guard": guard,
	"because": "/configuration/assume_role_policy/Statement/0",
}]

_role(foreign, guard) := {"facts": {
	"trusted": {"value": _trusted(foreign, guard)},
	"trust_guards": {"value": []},
}}

_guarded_by(kind, everyone, demanded) := {"facts": {
	"trusted": {"value": _trusted(true, false)},
	"trust_guards": {"value": [{
		"everyone": everyone,
		"actions": ["sts:assumerole"],
		"requirement": {
			"kind": kind,
			"key": "sts:externalid",
			"values": ["a1b2"],
			"demanded": demanded,
			"words": "sts:externalid is \"a1b2\"",
		},
		"because": "/configuration/assume_role_policy/Statement/1",
	}]},
}}

cases := {
	"a foreign account without external id fails": {"want": "fail", "resource": _role(true, false)},
	"a foreign account with an external id passes": {"want": "pass", "resource": _role(true, true)},
	"an external id that a deny demands of everyone passes": {
		"want": "pass",
		"resource": _guarded_by("external_id", true, true),
	},
	"a deny for some or of something else fails": {"want": "fail", "resource": _guarded_by("network", true, true)},
	"a deny for some fails": {"want": "fail", "resource": _guarded_by("external_id", false, true)},
	"a deny that excludes a value fails": {"want": "fail", "resource": _guarded_by("external_id", true, false)},
	"a foreign principal whose account is not told fails": {"want": "fail", "resource": {"facts": {
		"trusted": {"value": [{
			"kind": "principal",
			"name": "arn:aws:iam::444455556666:role/ci",
			"foreign": true,
			"condition_keys": [],
			"restricted": false,
			"because": "/configuration/assume_role_policy/Statement/0",
		}]},
		"trust_guards": {"value": []},
	}}},
	"the own account passes": {"want": "pass", "resource": _role(false, false)},
	"an unread trust policy is unknown": {
		"want": "unknown",
		"resource": {"facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}}},
	},
	"denies that were not all read are unknown": {
		"want": "unknown",
		"resource": {"facts": {
			"trusted": {"value": _trusted(true, false)},
			"trust_guards": {"waits_for": ["/configuration/assume_role_policy/Statement/1"]},
		}},
	},
	"denies of which one was not read are unknown": {
		"want": "unknown",
		"resource": {"facts": {
			"trusted": {"value": _trusted(true, false)},
			"trust_guards": {
				"value": _guarded_by("network", true, true).facts.trust_guards.value,
				"waits_for": ["/configuration/assume_role_policy/Statement/2"],
			},
		}},
	},
}

test_cases if {
	every case in cases {
		denials := foreign_trust_bound.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
