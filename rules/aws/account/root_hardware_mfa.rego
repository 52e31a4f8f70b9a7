# METADATA
# title: The root user signs in with a hardware device
# description: >-
#   An authenticator app can be copied with the phone's backup or taken over with the phone. A token
#   or a security key in a safe cannot, and root is needed so rarely that a safe is no burden.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-hw-mfa-for-root.html
# custom:
#   severity: medium
#   severity_reason: >-
#     Root without any second factor is critical by a rule of its own; an app is a second factor,
#     and to get around it takes the password and the phone.
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.5"]
#     cis-3.0: ["1.6"]
#     fsbp: ["IAM.6"]
#     prowler: [iam_root_hardware_mfa_enabled]
#   reads: [root.access_keys_present, root.mfa_enabled, root.password_present, root.virtual_mfa]
#   remediation:
#     text: >-
#       Sign in as root, register a hardware token or a FIDO2 security key under Security
#       credentials, better two of them in two places, and then remove the authenticator app. In a
#       member account of an organization, take root's credentials away instead.
#     cli: |
#       # Tells which app it is; only root itself can take it off, in the console
#       aws iam list-virtual-mfa-devices --assignment-status Assigned \
#         --query "VirtualMFADevices[?ends_with(User.Arn, ':root')].SerialNumber"
package aws.account.root_hardware_mfa

# no terraform: what root signs in with is changed by root alone, signed in

deny contains {"message": message, "path": ["root", "virtual_mfa"]} if {
	input.resource.configuration.root.mfa_enabled == true
	input.resource.configuration.root.virtual_mfa == true
	not _no_credentials
	message := "the root user's MFA device is an authenticator app"
}

deny contains {"message": message, "path": ["root", "mfa_enabled"]} if {
	not _mfa
	not _no_credentials
	message := "the root user has no MFA device at all"
}

_mfa if input.resource.configuration.root.mfa_enabled == true

# An organization has taken them away.
_no_credentials if {
	input.resource.configuration.root.password_present == false
	input.resource.configuration.root.access_keys_present == false
}
