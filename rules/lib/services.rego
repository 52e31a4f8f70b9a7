# Services whose every action a policy allows (facts.full_services).
package lib.services

# Whether an entry is about a service, by name or as one of all.
covers(entry, service) if entry.service == service

covers(entry, service) if {
	entry.service == "*"
	not _left_out(entry, service)
}

_left_out(entry, service) if service in entry.except

# In words, as the object of "allows every action".
words(entry) := sprintf("of %s", [entry.service]) if entry.service != "*"

words(entry) := "of every service" if {
	entry.service == "*"
	count(entry.except) == 0
}

words(entry) := sprintf("of every service but %s", [concat(", ", entry.except)]) if {
	entry.service == "*"
	count(entry.except) in {1, 2, 3, 4, 5}
}

words(entry) := sprintf("of all but %d services", [count(entry.except)]) if {
	entry.service == "*"
	count(entry.except) > 5
}
