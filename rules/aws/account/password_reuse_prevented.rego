# METADATA
# title: Passwords of IAM users are not used again
# description: >-
#   A user who returns to an old password returns to one that may have leaked since.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: low
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.8"]
#     cis-3.0: ["1.9"]
#   reads: [password_policy]
#   parameters:
#     password_reuse_prevention: How many old passwords must not be used again
#   remediation:
#     text: >-
#       Let the password policy remember the last 24 passwords.
#     terraform: |
#       resource "aws_iam_account_password_policy" "this" {
#         password_reuse_prevention = 24
#       }
package aws.account.password_reuse_prevented

deny contains {"message": message, "path": ["password_policy", "reuse_prevention"]} if {
	not _remembers_enough
	message := sprintf("fewer than %d old passwords are remembered", [data.params.password_reuse_prevention])
}

_remembers_enough if {
	input.resource.configuration.password_policy.reuse_prevention >= data.params.password_reuse_prevention
}
