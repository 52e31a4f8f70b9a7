# METADATA
# title: Sessions of failover paths last as long as they must
# description: >-
#   A session made from another role's session ends after an hour, and a call that asks for more is
#   refused: the path fails when it is taken, or an hour later.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
# custom:
#   severity: medium
#   resource_types: ["Plimsoll::Failover::Path"]
#   controls: {}
#   reads: [facts.short_sessions]
#   remediation:
#     text: >-
#       Ask for an hour and renew the session, assume the last role without one before it, or raise
#       the longest session of the role.
package plimsoll.failover.session_long_enough

# no cli: each finding prints what to change, and where
# no terraform: each finding prints what to change, and where

deny contains {"message": weakness.reason, "path": ["facts", "short_sessions", "value", index]} if {
	some index, weakness in input.resource.facts.short_sessions.value
}
