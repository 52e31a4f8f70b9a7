package aws.s3.website_not_public_test

import data.aws.s3.website_not_public
import data.lib.cases as lib

_entry := {
	"who": "everyone",
	"name": "*",
	"levels": ["read"],
	"evidence": "/configuration/policy/Statement/0",
	"because": ["/configuration/policy/Statement/0"],
}

_bucket(website, entries) := {"configuration": website, "facts": {"public_access": {"value": entries}}}

cases := {
	"a public website fails": {
		"want": "fail",
		"paths": ["/configuration/website"],
		"resource": _bucket({"website": {"index_document": "index.html"}}, [_entry]),
	},
	"a website that only CloudFront reads passes": {
		"want": "pass",
		"resource": _bucket({"website": {"index_document": "index.html"}}, []),
	},
	"a public bucket that is no website passes": {"want": "pass", "resource": _bucket({}, [_entry])},
	"an unread website configuration is unknown": {
		"want": "unknown",
		"resource": object.union(_bucket({}, [_entry]), {"unknown": ["/configuration/website"]}),
	},
}

test_cases if {
	every case in cases {
		denials := website_not_public.deny with input as lib.input_of(case)
		lib.as_wanted(case, denials)
	}
}
