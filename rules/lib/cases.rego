# What the cases beside a rule say about plain `deny`, for `opa test`.
#
# `plimsoll rules test` also compares the verdict itself, on both engines.
package lib.cases

default_now := "2026-11-22T00:00:00Z"

# The input of a case.
input_of(case) := {"resource": case.resource, "now": object.get(case, "now", default_now)}

# Whether the denials are what the case wants: something for fail, nothing for pass. A case that
# wants unknown says nothing about denials.
as_wanted(case, denials) if {
	case.want == "fail"
	count(denials) > 0
}

as_wanted(case, denials) if {
	case.want == "pass"
	count(denials) == 0
}

as_wanted(case, _) if case.want == "unknown"
