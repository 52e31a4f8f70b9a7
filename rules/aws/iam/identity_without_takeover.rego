# METADATA
# title: Users, groups and roles cannot take over every other identity
# description: >-
#   A policy that may write the credentials or the trust of any user or role, or hand any role to
#   something that runs code, gives what the mightiest of them may do. Every published way counts
#   whose actions are allowed on any target in the account; a way that is limited to named targets
#   passes, and is for `plimsoll access escalations`, which looks at whom they lead to. A user's
#   groups count too: what a group's policy allows may hang on who the user is. Roles that AWS owns
#   (service-linked, or made by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://pathfinding.cloud/
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_inline_policy_allows_privilege_escalation"]
#   reads: [path, facts.takeovers]
#   remediation:
#     text: >-
#       Name the users, roles or functions on which the action is needed; for iam:PassRole name the
#       roles. Leave changes of credentials and trust to a role of their own.
#     cli: |
#       aws iam get-role-policy --role-name "$ROLE" --policy-name "$POLICY" --query PolicyDocument > policy.json
#       # take out what is not needed, then (get-user-policy and get-group-policy, put-user-policy and
#       # put-group-policy for users and groups):
#       aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY" --policy-document file://policy.json
package aws.iam.identity_without_takeover

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.roles
import data.lib.ways

deny contains {"message": message, "path": ["facts", "takeovers"]} if {
	not _owned_by_aws
	told := [ways.told(way) | some way in input.resource.facts.takeovers.value; ways.to_any(way)]
	count(told) > 0
	message := sprintf("it can take over other identities by %s", [ways.listed(told)])
}

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
