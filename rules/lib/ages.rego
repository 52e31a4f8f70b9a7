# Days between two times.
package lib.ages

_day_ns := 86400000000000

# Whole and broken days from one RFC 3339 time to another; negative when the first is later.
days_between(from, to) := (time.parse_rfc3339_ns(to) - time.parse_rfc3339_ns(from)) / _day_ns
