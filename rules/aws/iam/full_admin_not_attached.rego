# METADATA
# title: No policy of AWS with full administration is attached
# description: >-
#   Whoever takes over one identity with such a policy has taken over the account. Policies of your
#   own are judged by a rule of theirs.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     cis-5.0: ["1.15"]
#     cis-3.0: ["1.16"]
#     prowler: ["iam_aws_attached_policy_no_administrative_privileges"]
#   reads: [aws_managed, facts.admin, facts.attached]
#   remediation:
#     text: >-
#       Detach the policy from users, groups and roles, and attach what they need; keep one role for
#       emergencies and waive it by name.
#     cli: |
#       aws iam list-entities-for-policy --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
#       # for each role that does not need it (detach-user-policy and detach-group-policy for the others):
#       aws iam detach-role-policy --role-name "$ROLE" --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
package aws.iam.full_admin_not_attached

# no terraform: the attachment, or the policy, leaves; there is nothing to add

deny contains {"message": message, "path": ["facts", "attached"]} if {
	input.resource.configuration.aws_managed == true
	input.resource.facts.admin.value == true
	input.resource.facts.attached.value == true
	message := "the policy of AWS allows every action on every resource and is attached"
}
