# METADATA
# title: Customer managed policies do not grant full administration
# description: >-
#   A policy that allows every action on every resource, in one statement or in several, waits to be
#   attached by anyone who may attach policies. It counts whether or not it is attached.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     cis-5.0: ["1.15@attached"]
#     cis-3.0: ["1.16@attached"]
#     fsbp: ["IAM.1"]
#     prowler: ["iam_customer_attached_policy_no_administrative_privileges@attached", "iam_customer_unattached_policy_no_administrative_privileges@unattached"]
#   reads: [aws_managed, facts.admin, facts.attached]
#   remediation:
#     text: >-
#       Replace the statements by the actions and resources that are used; for administrators, attach
#       AdministratorAccess where it can be seen.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
package aws.iam.customer_policy_without_full_admin

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

deny contains {"message": message, "path": ["facts", "admin"], "topic": "attached"} if {
	_full
	input.resource.facts.attached.value == true
	message := "the policy allows every action on every resource and is attached"
}

deny contains {"message": message, "path": ["facts", "admin"], "topic": "unattached"} if {
	_full
	not _attached
	message := "the policy allows every action on every resource"
}

_full if {
	input.resource.configuration.aws_managed == false
	input.resource.facts.admin.value == true
}

_attached if input.resource.facts.attached.value == true
