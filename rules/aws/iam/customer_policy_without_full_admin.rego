# METADATA
# title: Customer managed policies do not grant full administration
# description: >-
#   A policy that allows every action on every resource waits to be attached by anyone who may
#   attach policies.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     fsbp: ["IAM.1"]
#   reads: [aws_managed, facts.admin]
#   remediation:
#     text: >-
#       Replace the statement by the actions and resources that are used; for administrators,
#       attach AdministratorAccess where it can be seen.
package aws.iam.customer_policy_without_full_admin

deny contains {"message": message, "path": ["facts", "admin"]} if {
	input.resource.configuration.aws_managed == false
	input.resource.facts.admin.value == true
	message := "the policy allows every action on every resource"
}
