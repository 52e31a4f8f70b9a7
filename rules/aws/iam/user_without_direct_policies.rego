# METADATA
# title: Users get permissions through groups only
# description: >-
#   Permissions on single users are granted once and never reviewed again.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: low
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.14"]
#     cis-3.0: ["1.15"]
#     fsbp: ["IAM.2"]
#     prowler: [iam_policy_attached_only_to_group_or_roles]
#   reads: [inline_policies, attached_policies]
#   remediation:
#     text: >-
#       Put the user into a group that has the permissions, and remove the policies from the user.
#     terraform: |
#       resource "aws_iam_user_group_membership" "this" {
#         user   = aws_iam_user.this.name
#         groups = [aws_iam_group.team.name]
#       }
#     cli: |
#       aws iam add-user-to-group --user-name NAME --group-name GROUP
#       aws iam detach-user-policy --user-name NAME --policy-arn ARN
#       # An inline policy is gone for good: keep its text
#       aws iam get-user-policy --user-name NAME --policy-name POLICY
#       aws iam delete-user-policy --user-name NAME --policy-name POLICY
package aws.iam.user_without_direct_policies

deny contains {"message": message, "path": ["attached_policies", index]} if {
	some index, policy in input.resource.configuration.attached_policies
	message := sprintf("%s is attached to the user", [policy])
}

deny contains {"message": message, "path": ["inline_policies", index]} if {
	some index, policy in input.resource.configuration.inline_policies
	message := sprintf("the user has the inline policy %s", [policy.name])
}
