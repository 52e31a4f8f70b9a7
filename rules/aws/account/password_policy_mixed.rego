# METADATA
# title: Passwords of IAM users mix kinds of characters
# description: >-
#   A password policy can ask for upper and lower case, digits and symbols. Length does more against
#   guessing, but auditors ask for all four.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
# custom:
#   severity: low
#   severity_reason: >-
#     NIST SP 800-63B advises against such demands, because people answer them with predictable
#     patterns; the length of passwords is judged by a rule of its own, at medium.
#   resource_types: ["AWS::::Account"]
#   controls:
#     fsbp: ["IAM.7"]
#     security-hub:
#     - IAM.10@lowercase
#     - IAM.10@number
#     - IAM.10@uppercase
#     - IAM.11@uppercase
#     - IAM.12@lowercase
#     - IAM.13@symbol
#     - IAM.14@number
#     prowler:
#     - iam_password_policy_lowercase@lowercase
#     - iam_password_policy_number@number
#     - iam_password_policy_symbol@symbol
#     - iam_password_policy_uppercase@uppercase
#   reads: [password_policy]
#   remediation:
#     text: >-
#       Let the password policy require upper-case and lower-case letters, digits and symbols. People
#       meet it when they next change their password.
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
package aws.account.password_policy_mixed

deny contains {"message": message, "path": ["password_policy", kind.setting], "topic": kind.topic} if {
	some kind in _kinds
	input.resource.configuration.password_policy[kind.setting] == false
	message := sprintf("passwords may do without %s", [kind.words])
}

deny contains {"message": message, "path": ["password_policy"], "topic": kind.topic} if {
	not input.resource.configuration.password_policy
	some kind in _kinds
	message := sprintf("the account has no password policy that asks for %s", [kind.words])
}

_kinds := [
	{"topic": "lowercase", "setting": "require_lowercase", "words": "lower-case letters"},
	{"topic": "number", "setting": "require_numbers", "words": "digits"},
	{"topic": "symbol", "setting": "require_symbols", "words": "symbols"},
	{"topic": "uppercase", "setting": "require_uppercase", "words": "upper-case letters"},
]
