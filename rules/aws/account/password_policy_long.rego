# METADATA
# title: Passwords of IAM users are long
# description: >-
#   Short passwords are guessed; without a password policy AWS accepts eight characters.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.7"]
#     cis-3.0: ["1.8"]
#     fsbp: ["IAM.7"]
#   reads: [password_policy]
#   parameters:
#     password_minimum_length: The least number of characters of a password
#   remediation:
#     text: >-
#       Set a password policy with a minimum length of at least 14.
#     terraform: |
#       resource "aws_iam_account_password_policy" "this" {
#         minimum_password_length = 14
#       }
package aws.account.password_policy_long

deny contains {"message": message, "path": ["password_policy", "minimum_length"]} if {
	length := input.resource.configuration.password_policy.minimum_length
	length < data.params.password_minimum_length
	message := sprintf("passwords may have %d characters; at least %d are wanted", [length, data.params.password_minimum_length])
}

deny contains {"message": message, "path": ["password_policy"]} if {
	not input.resource.configuration.password_policy
	message := "the account has no password policy"
}
