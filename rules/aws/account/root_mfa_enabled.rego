# METADATA
# title: The root user signs in with MFA
# description: >-
#   A password alone then opens everything in the account to whoever finds or guesses it.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: critical
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.4"]
#     cis-3.0: ["1.5"]
#   reads: [root.mfa_enabled]
#   remediation:
#     text: >-
#       Sign in as root and register a hardware or FIDO2 device under Security credentials; in an
#       organization, consider removing root credentials of member accounts instead.
package aws.account.root_mfa_enabled

deny contains {"message": message, "path": ["root", "mfa_enabled"]} if {
	not _enabled
	message := "the root user can sign in without MFA"
}

_enabled if input.resource.configuration.root.mfa_enabled == true
