package aws.iam.foreign_trust_without_read_all_test

import data.aws.iam.foreign_trust_without_read_all
import data.lib.cases as lib

_trusted(kind, more) := object.union(
	{
		"kind": kind,
		"name": "*",
		"foreign": true,
		"condition_keys": [],
		"restricted": false,
		"because": "/configuration/assume_role_policy/Statement/0",
	},
	more,
)

_test(kind, key, value) := {"kind": kind, "key": key, "values": [value], "demanded": true, "words": sprintf("%s is %s", [key, value])}

_role(entry, attached, admin, actions) := {
	"configuration": {"path": "/", "attached_policies": attached},
	"facts": {
		"trusted": {"value": [entry]},
		"admin": {"value": admin},
		"unbounded": {"value": [wide |
			some action in actions
			wide := {"action": action, "narrowed": false, "bounded": false, "because": ["/configuration/attached_policies/0"]}
		]},
	},
}

_vendor := _trusted("account", {"name": "444455556666", "account": "444455556666"})

_own := object.union(_vendor, {"foreign": false})

_read_only := ["arn:aws:iam::aws:policy/ReadOnlyAccess"]

cases := {
	"ReadOnlyAccess for another account fails": {"want": "fail", "resource": _role(_vendor, _read_only, false, [])},
	"every object of every bucket fails": {"want": "fail", "resource": _role(_vendor, [], false, ["s3:GetObject"])},
	"an administrator fails": {"want": "fail", "resource": _role(_vendor, [], true, [])},
	"ReadOnlyAccess for the own account passes": {"want": "pass", "resource": _role(_own, _read_only, false, [])},
	"an account of the organization passes": {"want": "pass", "resource": _role(object.union(_vendor, {"of_organization": true}), _read_only, false, [])},
	"SecurityAudit for another account passes": {"want": "pass", "resource": _role(_vendor, ["arn:aws:iam::aws:policy/SecurityAudit"], false, [])},
	"a role of Identity Center passes": {"want": "pass", "resource": object.union(_role(_vendor, _read_only, false, []), {"configuration": {"path": "/aws-reserved/sso.amazonaws.com/"}})},
	"policies that are not read are unknown": {"want": "unknown", "resource": {"configuration": {"path": "/", "attached_policies": []}, "facts": {"trusted": {"value": [_vendor]}, "admin": {"value": false}, "unbounded": {"waits_for": ["/configuration/attached_policies/0"]}}}},
}

test_cases if {
	every case in cases {
		denials := foreign_trust_without_read_all.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
