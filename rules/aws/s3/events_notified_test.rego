package aws.s3.events_notified_test

import data.aws.s3.events_notified
import data.lib.cases as lib

cases := {
	"no notifications fail": {"want": "fail", "paths": ["/configuration/notifications"], "resource": {"configuration": {}}},
	"notifications pass": {
		"want": "pass",
		"resource": {"configuration": {"notifications": {"targets": [], "event_bridge": true}}},
	},
	"unread notifications are unknown": {"want": "unknown", "resource": {"unknown": ["/configuration/notifications"]}},
}

test_cases if {
	every case in cases {
		denials := events_notified.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
