# METADATA
# title: Users who sign in have a hardware device
# description: >-
#   The code of an authenticator app can be typed into a forged page; a security key or a passkey
#   only answers the right one. Many an app is a fair choice, so this rule only judges when it is
#   asked for. The weakest device decides, because it is enough to sign in.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     prowler: [iam_user_hardware_mfa_enabled]
#   reads: [console_password, mfa_active, virtual_mfa]
#   remediation:
#     text: >-
#       Let the user register a security key, a passkey or a token, and then take the authenticator
#       app off.
#     cli: |
#       aws iam list-mfa-devices --user-name NAME
#       # With another device in use: take the app off
#       aws iam deactivate-mfa-device --user-name NAME --serial-number ARN_OF_THE_APP
package aws.iam.user_hardware_mfa

# no terraform: a person registers the device

deny contains {"message": message, "path": ["virtual_mfa"]} if {
	input.resource.configuration.console_password == true
	input.resource.configuration.virtual_mfa == true
	message := "the user can sign in with an authenticator app"
}

deny contains {"message": message, "path": ["mfa_active"]} if {
	input.resource.configuration.console_password == true
	not _mfa
	message := "the user can sign in without any MFA device"
}

_mfa if input.resource.configuration.mfa_active == true
