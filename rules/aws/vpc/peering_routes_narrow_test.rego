package aws.vpc.peering_routes_narrow_test

import data.aws.vpc.peering_routes_narrow
import data.lib.cases as lib

cases := {
	"a route to the whole peer fails": {
		"want": "fail",
		"paths": ["/facts/wide_routes/value/0"],
		"resource": {"facts": {"wide_routes": {"value": [
			{"route_table": "rtb-0a", "range": "10.40.0.0/16", "destinations": ["10.40.0.0/16"]},
		]}}},
	},
	"a wide route is a fault whatever else was not read": {
		"want": "fail",
		"resource": {"facts": {"wide_routes": {
			"value": [{"route_table": "rtb-0a", "range": "10.40.0.0/16", "destinations": ["0.0.0.0/0"]}],
			"waits_for": ["the list of route tables"],
		}}},
	},
	"narrow routes pass": {"want": "pass", "resource": {"facts": {"wide_routes": {"value": []}}}},
	"route tables that were not listed are unknown": {
		"want": "unknown",
		"resource": {"facts": {"wide_routes": {"waits_for": ["the list of route tables"]}}},
	},
}

test_cases if {
	every case in cases {
		denials := peering_routes_narrow.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
