package aws.ec2.spot_fleet_volumes_encrypted_test

import data.aws.ec2.spot_fleet_volumes_encrypted
import data.lib.cases as lib

_volumes(volumes) := {"facts": {"unencrypted_volumes": {"value": volumes}}}

cases := {
	"a plain volume fails": {
		"want": "fail",
		"paths": ["/facts/unencrypted_volumes/value/0"],
		"resource": _volumes([{"device_name": "/dev/xvda", "because": ["/configuration/launch_specifications/0/block_devices/0"]}]),
	},
	"a volume without a name fails": {"want": "fail", "resource": _volumes([{"because": ["/configuration/launch_specifications/0/block_devices/0"]}])},
	"no plain volume passes": {"want": "pass", "resource": _volumes([])},
	"an unread default of the region is unknown": {
		"want": "unknown",
		"resource": {"facts": {"unencrypted_volumes": {"waits_for": ["x#/configuration/ebs_encryption_by_default"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := spot_fleet_volumes_encrypted.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
