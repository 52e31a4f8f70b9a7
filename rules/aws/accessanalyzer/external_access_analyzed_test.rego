package aws.accessanalyzer.external_access_analyzed_test

import data.aws.accessanalyzer.external_access_analyzed
import data.lib.cases as lib

_analyzed(value) := {"region": "eu-west-1", "facts": {"external_access_analyzed": {"value": value}}}

cases := {
	"a region without an analyzer fails": {
		"want": "fail",
		"paths": ["/facts/external_access_analyzed"],
		"resource": _analyzed(false),
	},
	"a region with one passes": {"want": "pass", "resource": _analyzed(true)},
	"analyzers that were not listed are unknown": {"want": "unknown", "resource": {"facts": {"external_access_analyzed": {
		"waits_for": ["list of AWS::AccessAnalyzer::Analyzer in 111122223333 eu-west-1"],
	}}}},
}

test_cases if {
	every case in cases {
		denials := external_access_analyzed.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
