package aws.ec2.group_in_use_test

import data.aws.ec2.group_in_use
import data.lib.cases as lib

_group(name, used) := {"configuration": {"group_name": name}, "facts": {"in_use": {"value": used}}}

cases := {
	"a group that nothing uses fails": {"want": "fail", "paths": ["/facts/in_use"], "resource": _group("web", false)},
	"a group in use passes": {"want": "pass", "resource": _group("web", true)},
	"the default group cannot be deleted": {"want": "pass", "resource": _group("default", false)},
	"unlisted interfaces are unknown": {"want": "unknown", "resource": {
		"configuration": {"group_name": "web"},
		"facts": {"in_use": {"waits_for": ["list of AWS::EC2::NetworkInterface in 111122223333 eu-central-1"]}},
	}},
}

test_cases if {
	every case in cases {
		denials := group_in_use.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
