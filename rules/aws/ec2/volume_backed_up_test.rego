package aws.ec2.volume_backed_up_test

import data.aws.ec2.volume_backed_up
import data.lib.cases as lib

_volume(instances, protected) := {
	"configuration": {"instance_ids": instances},
	"facts": {"backup_protected": protected},
}

cases := {
	"a volume in use without a backup fails": {
		"want": "fail",
		"paths": ["/facts/backup_protected"],
		"resource": _volume(["i-1"], {"value": false}),
	},
	"a volume with a backup passes": {"want": "pass", "resource": _volume(["i-1"], {"value": true})},
	"a volume that nothing uses passes": {"want": "pass", "resource": _volume([], {"value": false})},
	"an unread list of backups is unknown": {
		"want": "unknown",
		"resource": _volume(["i-1"], {"waits_for": ["list of Plimsoll::Backup::ProtectedResource in 1 eu-central-1"]}),
	},
}

test_cases if {
	every case in cases {
		denials := volume_backed_up.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
