# METADATA
# title: Failover paths need nothing that may be gone with the region
# description: >-
#   The control planes of IAM and Organizations stand in us-east-1, the global endpoint of STS may
#   answer from there, and what stands in the degraded region is degraded. Roles that exist go on
#   working; changes to them may not be taken.
# related_resources:
# - ref: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/appendix-a---partitional-service-guidance.html
# custom:
#   severity: medium
#   resource_types: ["Plimsoll::Failover::Path"]
#   controls: {}
#   reads: [facts.unstable]
#   remediation:
#     text: >-
#       Make roles, policies and regions ready beforehand, so that failing over changes none of them,
#       and ask the STS endpoint of the region that the path leads to.
package plimsoll.failover.statically_stable

# no cli: each finding prints what to change, and where
# no terraform: each finding prints what to change, and where

deny contains {"message": weakness.reason, "path": ["facts", "unstable", "value", index]} if {
	some index, weakness in input.resource.facts.unstable.value
}
