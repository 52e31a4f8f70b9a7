# METADATA
# title: Passwords of IAM users are long
# description: >-
#   Short passwords are guessed; without a password policy AWS accepts eight characters, and with
#   one that does not say how many, six.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.7"]
#     cis-3.0: ["1.8"]
#     fsbp: ["IAM.7"]
#     security-hub: ["IAM.10", "IAM.15"]
#     prowler: [iam_password_policy_minimum_length_14]
#   reads: [password_policy]
#   parameters:
#     password_minimum_length: The least number of characters of a password
#   remediation:
#     text: >-
#       Set a password policy with a minimum length of at least 14. People meet it when they next
#       change their password.
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
package aws.account.password_policy_long

deny contains {"message": message, "path": ["password_policy", "minimum_length"]} if {
	length := input.resource.configuration.password_policy.minimum_length
	length < data.params.password_minimum_length
	message := sprintf("passwords may have only %d characters; at least %d are wanted", [length, data.params.password_minimum_length])
}

deny contains {"message": message, "path": ["password_policy"]} if {
	not input.resource.configuration.password_policy
	message := "the account has no password policy"
}
