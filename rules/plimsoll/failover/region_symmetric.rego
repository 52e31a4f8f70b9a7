# METADATA
# title: Roles of failover paths may do the same in both regions
# description: >-
#   What a policy names for one region only (an ARN, a condition on the region) is missing in the
#   other one on the day it is needed.
# related_resources:
# - ref: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/aws-fault-isolation-boundaries.html
# custom:
#   severity: low
#   resource_types: ["Plimsoll::Failover::Path"]
#   controls: {}
#   reads: [facts.pinned]
#   remediation:
#     text: >-
#       Name the other region's resource beside the first, or leave the region of the ARN open; waive
#       what is not needed when the region is degraded.
package plimsoll.failover.region_symmetric

# no cli: each finding prints what to change, and where
# no terraform: each finding prints what to change, and where

deny contains {"message": message, "path": ["facts", "pinned", "value", index]} if {
	some index, pinned in input.resource.facts.pinned.value
	message := sprintf(
		"%s may %s on %s (statement %s) and not on %s: %s",
		[pinned.role, pinned.action, pinned.home, pinned.statement, pinned.resource, pinned.reason],
	)
}
