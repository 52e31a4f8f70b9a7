# METADATA
# title: Failover paths stay within their bounds
# description: >-
#   Roles that are made for the worst night tend to be made too strong, and they can be assumed on
#   every other night as well.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["Plimsoll::Failover::Path"]
#   controls: {}
#   reads: [facts.exceeded]
#   remediation:
#     text: >-
#       Take the statements that the finding names away from the last role of the path, or narrow
#       them; if the path must be allowed this, take it out of must_not.
package plimsoll.failover.path_stays_in_bounds

# no cli: each finding prints what to change, and where
# no terraform: each finding prints what to change, and where

deny contains {"message": message, "path": ["facts", "exceeded", "value", index]} if {
	some index, exceeded in input.resource.facts.exceeded.value
	message := sprintf(
		"%s: the end of the path may %s on %s, allowed by %s",
		[exceeded.step, exceeded.action, exceeded.resource, concat(" and ", exceeded.statements)],
	)
}
