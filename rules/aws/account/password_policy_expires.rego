# METADATA
# title: Passwords of IAM users expire
# description: >-
#   A password that leaked without anybody noticing is of use until it changes. Against that stands
#   that people who must change often choose weaker passwords: NIST SP 800-63B tells verifiers not to
#   demand it. So this rule only judges when it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://pages.nist.gov/800-63-3/sp800-63b.html
# custom:
#   severity: low
#   severity_reason: >-
#     Opinions differ on whether expiry helps at all, and with MFA a stolen password alone opens
#     nothing.
#   enabled: false
#   resource_types: ["AWS::::Account"]
#   controls:
#     security-hub: ["IAM.10", "IAM.17"]
#     prowler: [iam_password_policy_expires_passwords_within_90_days_or_less]
#   reads: [password_policy]
#   parameters:
#     password_max_age_days: Days after which a password must expire
#   remediation:
#     text: >-
#       Set a maximum password age in the password policy, and tell people beforehand: passwords that
#       are older stop working at once.
#     terraform: |
#       resource "aws_iam_account_password_policy" "this" {
#         minimum_password_length        = 14
#         max_password_age               = 90
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
#         --allow-users-to-change-password --max-password-age 90
package aws.account.password_policy_expires

deny contains {"message": message, "path": ["password_policy", "max_age_days"]} if {
	age := input.resource.configuration.password_policy.max_age_days
	age > data.params.password_max_age_days
	message := sprintf("passwords expire after %d days; %d are the most", [age, data.params.password_max_age_days])
}

deny contains {"message": message, "path": ["password_policy", "max_age_days"]} if {
	not input.resource.configuration.password_policy.max_age_days
	message := "passwords do not expire"
}
