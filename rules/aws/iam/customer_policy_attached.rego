# METADATA
# title: Customer managed policies are attached
# description: >-
#   A policy that nobody has is a trap: it was tested by nobody, and the next one who needs
#   something like it attaches it.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   enabled: false  # a matter of tidiness
#   severity: low
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls: {}
#   reads: [aws_managed, facts.attached]
#   remediation:
#     text: >-
#       Delete the policy with its versions, or attach it.
#     cli: |
#       aws iam list-entities-for-policy --policy-arn "$POLICY_ARN"
package aws.iam.customer_policy_attached

# no terraform: the attachment, or the policy, leaves; there is nothing to add

deny contains {"message": message, "path": ["facts", "attached"]} if {
	input.resource.configuration.aws_managed == false
	input.resource.facts.attached.value == false
	message := "no user, group or role has the policy attached"
}
