package aws.s3.not_public_test

import data.aws.s3.not_public
import data.lib.cases as lib

_entry(who, levels) := {
	"who": who,
	"name": "*",
	"levels": levels,
	"evidence": "/configuration/policy/Statement/0",
	"because": ["/configuration/policy/Statement/0"],
}

_bucket(entries) := {"facts": {"public": {"value": true}, "public_access": {"value": entries}}}

cases := {
	"a bucket that everyone may read fails": {
		"want": "fail",
		"paths": ["/facts/public_access/value/0"],
		"resource": _bucket([_entry("everyone", ["read"])]),
	},
	"a bucket that everyone may list fails": {"want": "fail", "resource": _bucket([_entry("everyone", ["list"])])},
	"a bucket that every AWS account may write to fails": {
		"want": "fail",
		"resource": _bucket([_entry("aws_accounts", ["write", "tagging", "permissions_management"])]),
	},
	"a private bucket passes": {
		"want": "pass",
		"resource": {"facts": {"public": {"value": false}, "public_access": {"value": []}}},
	},
	"a policy that AWS calls public and that denies every stranger passes": {"want": "pass", "resource": _bucket([])},
	"a public policy of which not everything is known fails": {
		"want": "fail",
		"paths": ["/facts/public"],
		"resource": {"facts": {
			"public": {"value": true},
			"public_access": {"waits_for": ["/configuration/policy/Statement/0/Resource"]},
		}},
	},
	"an unread policy is unknown": {"want": "unknown", "resource": {
		"facts": {
			"public": {"waits_for": ["/configuration/policy"]},
			"public_access": {"waits_for": ["/configuration/policy"]},
		},
		"unknown": ["/configuration/policy"],
	}},
	"a bucket that is public by its ACL fails whatever its policy says": {"want": "fail", "resource": {
		"facts": {
			"public": {"value": true, "because": ["/configuration/acl/0"]},
			"public_access": {
				"value": [object.union(_entry("everyone", ["list"]), {
					"evidence": "/configuration/acl/0",
					"because": ["/configuration/acl/0"],
				})],
				"waits_for": ["/configuration/policy"],
			},
		},
		"unknown": ["/configuration/policy"],
	}},
}

test_cases if {
	every case in cases {
		denials := not_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}

_by(evidence, levels) := _bucket([object.union(_entry("everyone", levels), {"evidence": evidence})])

_topics(resource) := {denial.topic |
	some denial in not_public.deny with input as lib.input_of({"resource": resource})
}

test_each_denial_says_what_it_is_about if {
	_topics(_by("/configuration/acl/0", ["list"])) == {"acl-list", "acl-read"}
	_topics(_by("/configuration/policy/Statement/0", ["list", "write"])) == {"policy-list", "policy-read", "policy-write"}
	_topics(_by("arn:aws:s3:eu-west-1:111122223333:accesspoint/a#/configuration/policy/Statement/0", ["read"])) == {"point-read"}
}
