# METADATA
# title: There is a role for security reviews
# description: >-
#   Whoever reviews an account should be able to read its configuration without being able to change
#   it. AWS's policy SecurityAudit on a role is the usual way; others are as good, so this rule only
#   judges when it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SecurityAudit.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::::Account"]
#   controls:
#     prowler: [iam_securityaudit_role_created]
#   reads: [facts.audit_role]
#   remediation:
#     text: >-
#       Make a role that reviewers can assume, and attach AWS's policy SecurityAudit to it.
#     terraform: |
#       resource "aws_iam_role_policy_attachment" "audit" {
#         role       = aws_iam_role.audit.name
#         policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
#       }
#     cli: |
#       aws iam attach-role-policy --role-name ROLE --policy-arn arn:aws:iam::aws:policy/SecurityAudit
package aws.account.security_audit_role

deny contains {"message": message, "path": ["facts", "audit_role"]} if {
	input.resource.facts.audit_role.value == false
	message := "no role has the policy SecurityAudit"
}
