# METADATA
# title: Customer managed policies do not let their holder give itself more permissions
# description: >-
#   Whoever can change the policies that it lives under has every permission, whatever it was given:
#   by a version of its own policy, a policy put into or attached to itself or its group, or its
#   boundary taken off. Every published way counts, after explicit denies. A policy that allows
#   everything is judged by a rule of its own.
# related_resources:
# - ref: https://pathfinding.cloud/
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     prowler: ["iam_policy_allows_privilege_escalation"]
#   reads: [aws_managed, facts.escalations]
#   remediation:
#     text: >-
#       Take the action out, or name resources that are not the identity itself; deny changes of its own
#       policies by a permissions boundary.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
package aws.iam.customer_policy_without_escalation

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.ways

deny contains {"message": message, "path": ["facts", "escalations", "value", index]} if {
	input.resource.configuration.aws_managed == false
	some index, way in input.resource.facts.escalations.value
	message := sprintf("whoever holds the policy alone can give itself more by %s on %s (path %s)%s", [
		way.action,
		way.resource,
		way.path,
		ways.conditions(way),
	])
}
