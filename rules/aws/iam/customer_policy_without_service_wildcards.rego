# METADATA
# title: Customer managed policies do not allow every action of a service
# description: >-
#   Every action of a service is also those that change who may use it, those that delete, and those
#   that AWS adds tomorrow. It counts on whatever resource and under whatever condition; a policy
#   that allows everything on everything is judged by a rule of its own.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: low
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     fsbp: ["IAM.21"]
#   reads: [aws_managed, facts.full_services]
#   remediation:
#     text: >-
#       List the actions that are used; IAM Access Analyzer can generate such a policy from what
#       CloudTrail recorded.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
package aws.iam.customer_policy_without_service_wildcards

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.services

deny contains {"message": message, "path": ["facts", "full_services", "value", index]} if {
	input.resource.configuration.aws_managed == false
	some index, entry in input.resource.facts.full_services.value
	not _everything(entry)
	message := sprintf("the policy allows every action %s%s", [services.words(entry), _where(entry)])
}

_everything(entry) if {
	entry.service == "*"
	entry.every_resource == true
	count(entry.except) == 0
}

_where(entry) := " on every resource" if entry.every_resource == true

_where(entry) := ", on some resources or under a condition" if entry.every_resource == false
