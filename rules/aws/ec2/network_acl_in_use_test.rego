package aws.ec2.network_acl_in_use_test

import data.aws.ec2.network_acl_in_use
import data.lib.cases as lib

_acl(is_default, subnets) := {"configuration": {"is_default": is_default, "subnet_ids": subnets}}

cases := {
	"an ACL without subnets fails": {"want": "fail", "paths": ["/configuration/subnet_ids"], "resource": _acl(false, [])},
	"an ACL with one passes": {"want": "pass", "resource": _acl(false, ["subnet-0a"])},
	"the default ACL cannot be deleted": {"want": "pass", "resource": _acl(true, [])},
	"unread associations are unknown": {"want": "unknown", "resource": {
		"configuration": {"is_default": false, "subnet_ids": []},
		"unknown": ["/configuration/subnet_ids"],
	}},
}

test_cases if {
	every case in cases {
		denials := network_acl_in_use.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
