# METADATA
# title: Customer managed policies do not allow everything to keys or trails
# description: >-
#   Who may do everything to keys can open or destroy whatever they protect, and who may do
#   everything to trails can turn off the record of it.
# related_resources:
# - ref: https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     prowler: ["iam_policy_no_full_access_to_kms@kms", "iam_policy_no_full_access_to_cloudtrail@cloudtrail"]
#   reads: [aws_managed, facts.full_services]
#   remediation:
#     text: >-
#       List the actions that are used, and leave key administration and changes of trails to a role of
#       their own.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
package aws.iam.customer_policy_without_key_or_trail_control

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.services

deny contains {"message": message, "path": ["facts", "full_services", "value", index], "topic": service} if {
	input.resource.configuration.aws_managed == false
	some index, entry in input.resource.facts.full_services.value
	entry.every_resource == true
	some service in ["cloudtrail", "kms"]
	services.covers(entry, service)
	message := sprintf("the policy allows every action of %s on every resource", [service])
}
