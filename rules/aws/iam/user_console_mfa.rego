# METADATA
# title: Users with a console password sign in with MFA
# description: >-
#   A password that was guessed, reused or phished is then enough to sign in.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.9"]
#     cis-3.0: ["1.10"]
#     fsbp: ["IAM.5"]
#     prowler: [iam_user_mfa_enabled_console_access]
#   reads: [console_password, mfa_active]
#   remediation:
#     text: >-
#       Let the user register an MFA device, or remove the console password; better, let people
#       sign in through IAM Identity Center.
#     cli: |
#       # Only where the user is not to sign in any more
#       aws iam delete-login-profile --user-name NAME
package aws.iam.user_console_mfa

# no terraform: a person registers the device

deny contains {"message": message, "path": ["mfa_active"]} if {
	input.resource.configuration.console_password == true
	not _mfa
	message := "the user can sign in to the console without MFA"
}

_mfa if input.resource.configuration.mfa_active == true
