package aws.iam.role_sessions_short_test

import data.aws.iam.role_sessions_short
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

_role(path, seconds, entry) := {
	"configuration": {"path": path, "max_session_duration": seconds},
	"facts": {"trusted": {"value": [entry]}},
}

_vendor := _trusted("account", {"name": "444455556666"})

_saml := _trusted("federated", {"foreign": false, "name": "arn:aws:iam::111122223333:saml-provider/idp"})

_service := _trusted("service", {"foreign": false, "name": "ec2.amazonaws.com"})

cases := {
	"long sessions of another account fail": {"want": "fail", "paths": ["/configuration/max_session_duration"], "resource": _role("/", 43200, _vendor)},
	"long sessions of people fail": {"want": "fail", "resource": _role("/", 43200, _saml)},
	"short ones pass": {"want": "pass", "resource": _role("/", 3600, _vendor)},
	"long sessions of a service pass": {"want": "pass", "resource": _role("/", 43200, _service)},
	"a role of Identity Center passes": {"want": "pass", "resource": _role("/aws-reserved/sso.amazonaws.com/", 43200, _saml)},
	"a length that is not read is unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "facts": {"trusted": {"value": [_vendor]}}, "unknown": ["/configuration/max_session_duration"]}},
}

test_cases if {
	every case in cases {
		denials := role_sessions_short.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
