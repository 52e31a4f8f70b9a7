# METADATA
# title: Users, groups and roles cannot give themselves more permissions
# description: >-
#   Whoever can change the policies that it lives under has every permission, whatever it was given:
#   by a version of its own policy, a policy put into or attached to itself or its group, or its
#   boundary taken off. Every published way counts, after explicit denies. A user's groups count
#   too: what a group's policy is good for hangs on the user's name, policies and boundary. Roles
#   that AWS owns (service-linked, or made by Identity Center) are left out: nobody in the account
#   can change them.
# related_resources:
# - ref: https://pathfinding.cloud/
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_inline_policy_allows_privilege_escalation"]
#   reads: [path, facts.escalations]
#   remediation:
#     text: >-
#       Take the action out, or name resources that are not the identity itself; deny changes of its own
#       policies by a permissions boundary.
#     cli: |
#       aws iam get-role-policy --role-name "$ROLE" --policy-name "$POLICY" --query PolicyDocument > policy.json
#       # take out what is not needed, then (get-user-policy and get-group-policy, put-user-policy and
#       # put-group-policy for users and groups):
#       aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY" --policy-document file://policy.json
package aws.iam.identity_without_escalation

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.roles
import data.lib.ways

deny contains {"message": message, "path": ["facts", "escalations", "value", index]} if {
	some index, way in input.resource.facts.escalations.value
	not _owned_by_aws
	message := sprintf("it can give itself more by %s on %s (path %s)%s", [
		way.action,
		way.resource,
		way.path,
		ways.conditions(way),
	])
}

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
