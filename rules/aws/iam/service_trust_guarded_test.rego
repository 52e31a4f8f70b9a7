package aws.iam.service_trust_guarded_test

import data.aws.iam.service_trust_guarded
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

_role(path, entry, guards) := {"configuration": {"path": path}, "facts": {"trusted": {"value": [entry]}, "trust_guards": {"value": guards}}}

_guard(kind, key, more) := object.union(
	{
		"everyone": true,
		"actions": ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"],
		"limits": true,
		"requirement": _test(kind, key, "x"),
		"because": "/configuration/assume_role_policy/Statement/1",
	},
	more,
)

_service(name, more) := _trusted("service", object.union(
	{"name": name, "foreign": false, "confused_deputy_guard": false},
	more,
))

cases := {
	"a service that acts for all fails": {"want": "fail", "resource": _role("/", _service("bedrock.amazonaws.com", {}), [])},
	"one that acts for the own account passes": {"want": "pass", "resource": _role("/", _service("bedrock.amazonaws.com", {"confused_deputy_guard": true}), [])},
	"a service that sends no keys passes": {"want": "pass", "resource": _role("/", _service("ec2.amazonaws.com", {}), [])},
	"a service whose name only begins like one passes": {"want": "pass", "resource": _role("/", _service("iotsomething.amazonaws.com", {}), [])},
	"a service-linked role passes": {"want": "pass", "resource": _role("/aws-service-role/bedrock.amazonaws.com/", _service("bedrock.amazonaws.com", {}), [])},
	"a deny that demands the account of everyone passes": {"want": "pass", "resource": _role("/", _service("bedrock.amazonaws.com", {}), [_guard("source", "aws:sourceaccount", {})])},
	"a deny that any account stands fails": {"want": "fail", "resource": _role("/", _service("bedrock.amazonaws.com", {}), [_guard("source", "aws:sourcearn", {"limits": false})])},
	"a deny about something else fails": {"want": "fail", "resource": _role("/", _service("bedrock.amazonaws.com", {}), [_guard("network", "aws:sourceip", {})])},
	"a deny for some fails": {"want": "fail", "resource": _role("/", _service("bedrock.amazonaws.com", {}), [_guard("source", "aws:sourceaccount", {"everyone": false})])},
	"denies that were not all read are unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "facts": {"trusted": {"value": [_service("bedrock.amazonaws.com", {})]}, "trust_guards": {"value": [], "waits_for": ["/configuration/assume_role_policy/Statement/1"]}}}},
	"an unread trust policy is unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "facts": {"trusted": {"waits_for": ["/configuration/assume_role_policy"]}, "trust_guards": {"value": []}}}},
}

test_cases if {
	every case in cases {
		denials := service_trust_guarded.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
