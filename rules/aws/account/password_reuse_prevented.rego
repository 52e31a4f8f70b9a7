# METADATA
# title: Passwords of IAM users are not used again
# description: >-
#   A user who returns to an old password returns to one that may have leaked since.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: low
#   severity_reason: >-
#     As IAM.16 has it; IAM.10 is medium for all parts of a password policy together.
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.8"]
#     cis-3.0: ["1.9"]
#     security-hub: ["IAM.10", "IAM.16"]
#     prowler: [iam_password_policy_reuse_24]
#   reads: [password_policy]
#   parameters:
#     password_reuse_prevention: How many old passwords must not be used again
#   remediation:
#     text: >-
#       Let the password policy remember the last 24 passwords.
#     terraform: |
#       resource "aws_iam_account_password_policy" "this" {
#         minimum_password_length        = 14
#         password_reuse_prevention      = 24
#         require_lowercase_characters   = true
#         require_numbers                = true
#         require_symbols                = true
#         require_uppercase_characters   = true
#         allow_users_to_change_password = true
#       }
#     cli: |
#       # This replaces the whole policy: what is not named falls back to AWS's default.
#       aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24 \
#         --require-lowercase-characters --require-numbers --require-symbols --require-uppercase-characters \
#         --allow-users-to-change-password
package aws.account.password_reuse_prevented

deny contains {"message": message, "path": ["password_policy", "reuse_prevention"]} if {
	remembered := input.resource.configuration.password_policy.reuse_prevention
	remembered < data.params.password_reuse_prevention
	message := sprintf("the last %d passwords are refused; at least %d are wanted", [
		remembered,
		data.params.password_reuse_prevention,
	])
}

deny contains {"message": message, "path": ["password_policy", "reuse_prevention"]} if {
	not input.resource.configuration.password_policy.reuse_prevention
	message := "old passwords may be used again"
}
