package aws.ec2.volume_has_snapshot_test

import data.aws.ec2.volume_has_snapshot
import data.lib.cases as lib

cases := {
	"a volume without a snapshot fails": {
		"want": "fail",
		"paths": ["/facts/has_snapshot"],
		"resource": {"facts": {"has_snapshot": {"value": false}}},
	},
	"a volume with one passes": {"want": "pass", "resource": {"facts": {"has_snapshot": {"value": true}}}},
	"an unread list of snapshots is unknown": {
		"want": "unknown",
		"resource": {"facts": {"has_snapshot": {"waits_for": ["list of AWS::EC2::Snapshot in 1 eu-central-1"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := volume_has_snapshot.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
