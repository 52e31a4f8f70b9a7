# METADATA
# title: Failover paths work
# description: >-
#   A workload that cannot assume its roles, or cannot do its work, in the other region is down for
#   as long as the region is degraded, and whoever is called at night has to find the policy first.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/disaster-recovery-resiliency.html
# custom:
#   severity: high
#   resource_types: ["Plimsoll::Failover::Path"]
#   controls: {}
#   reads: [facts.blocked]
#   remediation:
#     text: >-
#       Make the changes that the finding names, all of them; they were tried on the policies as
#       they were read.
package plimsoll.failover.path_works

# no cli: each finding prints what to change, and where
# no terraform: each finding prints what to change, and where

deny contains {"message": message, "path": ["facts", "blocked", "value", index]} if {
	some index, blocked in input.resource.facts.blocked.value
	message := concat("; ", array.concat([_what(blocked)], _more(blocked)))
}

_what(blocked) := sprintf(
	"%s: %s on %s in %s does not go through (%s): %s",
	[blocked.step, blocked.action, blocked.resource, blocked.region, blocked.layer, blocked.reason],
)

_more(blocked) := array.concat(array.concat(_statement(blocked), _home(blocked)), _fix(blocked))

_statement(blocked) := [sprintf("statement %s", [blocked.statement])]

_statement(blocked) := [] if not _has_statement(blocked)

_has_statement(blocked) if is_string(blocked.statement)

_home(blocked) := ["in the degraded region it would"] if blocked.works_at_home == true

_home(blocked) := [] if not _works_at_home(blocked)

_works_at_home(blocked) if blocked.works_at_home == true

_fix(blocked) := [sprintf("fix: in %s %s: %s", [fix.policy, fix.change, fix.statement]) | some fix in blocked.fix]

_fix(blocked) := [] if not _has_fix(blocked)

_has_fix(blocked) if is_array(blocked.fix)
