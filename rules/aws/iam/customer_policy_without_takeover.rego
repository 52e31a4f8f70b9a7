# METADATA
# title: Customer managed policies do not give every other identity away
# description: >-
#   A policy that may write the credentials or the trust of any user or role, or hand any role to
#   something that runs code, gives what the mightiest of them may do. Every published way counts
#   whose actions are allowed on any target in the account; a way that is limited to named targets
#   passes, and is for `plimsoll access escalations`, which looks at whom they lead to. A policy
#   that allows everything is judged by a rule of its own.
# related_resources:
# - ref: https://pathfinding.cloud/
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     prowler: ["iam_policy_allows_privilege_escalation"]
#   reads: [aws_managed, facts.takeovers]
#   remediation:
#     text: >-
#       Name the users, roles or functions on which the action is needed; for iam:PassRole name the
#       roles. Leave changes of credentials and trust to a role of their own.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
package aws.iam.customer_policy_without_takeover

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.ways

deny contains {"message": message, "path": ["facts", "takeovers"]} if {
	input.resource.configuration.aws_managed == false
	told := [ways.told(way) | some way in input.resource.facts.takeovers.value; ways.to_any(way)]
	count(told) > 0
	message := sprintf("whoever holds the policy can take over other identities by %s", [ways.listed(told)])
}
