# METADATA
# title: Somebody may talk to AWS Support
# description: >-
#   In an incident it is too late to find out that nobody but root can open a case. A role, user or
#   group with AWS's policy AWSSupportAccess can.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/awssupport/latest/user/accessing-support.html
# custom:
#   severity: low
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.16"]
#     cis-3.0: ["1.17"]
#     security-hub: ["IAM.18"]
#     prowler: [iam_support_role_created]
#   reads: [facts.support_access_granted]
#   remediation:
#     text: >-
#       Make a role that those on duty can assume, and attach AWS's policy AWSSupportAccess to it.
#     terraform: |
#       resource "aws_iam_role_policy_attachment" "support" {
#         role       = aws_iam_role.support.name
#         policy_arn = "arn:aws:iam::aws:policy/AWSSupportAccess"
#       }
#     cli: |
#       aws iam attach-role-policy --role-name ROLE --policy-arn arn:aws:iam::aws:policy/AWSSupportAccess
package aws.account.support_access_granted

deny contains {"message": message, "path": ["facts", "support_access_granted"]} if {
	input.resource.facts.support_access_granted.value == false
	message := "no role, user or group has the policy AWSSupportAccess"
}
