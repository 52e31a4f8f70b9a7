package aws.iam.role_in_use_test

import data.aws.iam.role_in_use
import data.lib.cases as lib

_role(path, observed) := {"configuration": {"path": path, "observed": observed}}

_old := "2026-01-01T00:00:00Z"

_new := "2026-11-01T00:00:00Z"

cases := {
	"one that was long not used fails": {"want": "fail", "paths": ["/configuration/observed/last_used"], "resource": _role("/", {"created": _old, "last_used": _old})},
	"one that was never used fails": {"want": "fail", "resource": _role("/", {"created": _old})},
	"one that is new passes": {"want": "pass", "resource": _role("/", {"created": _new})},
	"one in use passes": {"want": "pass", "resource": _role("/", {"created": _old, "last_used": _new})},
	"a service-linked role passes": {"want": "pass", "resource": _role("/aws-service-role/x.amazonaws.com/", {"created": _old})},
	"one whose use is not read is unknown": {"want": "unknown", "resource": {"configuration": {"path": "/"}, "unknown": ["/configuration/observed"]}},
}

test_cases if {
	every case in cases {
		denials := role_in_use.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
