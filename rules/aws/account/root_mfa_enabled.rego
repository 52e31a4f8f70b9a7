# METADATA
# title: The root user signs in with MFA
# description: >-
#   A password alone then opens everything in the account to whoever finds or guesses it. A root
#   whose credentials the organization has taken away needs no device.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: critical
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.4"]
#     cis-3.0: ["1.5"]
#     security-hub: ["IAM.9"]
#     prowler: [iam_root_mfa_enabled]
#   reads: [root.access_keys_present, root.mfa_enabled, root.password_present]
#   remediation:
#     text: >-
#       Sign in as root and register a hardware or FIDO2 device under Security credentials. In a
#       member account of an organization, take root's credentials away instead.
#     cli: |
#       # In the account that manages the organization, for a member account
#       aws iam enable-organizations-root-credentials-management
#       aws sts assume-root --target-principal ACCOUNT \
#         --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials
#       # With the credentials that this gives
#       aws iam delete-login-profile
package aws.account.root_mfa_enabled

# no terraform: what root signs in with is changed by root alone, signed in

deny contains {"message": message, "path": ["root", "mfa_enabled"]} if {
	not _enabled
	not _no_credentials
	message := "the root user can sign in without MFA"
}

_enabled if input.resource.configuration.root.mfa_enabled == true

# An organization has taken them away.
_no_credentials if {
	input.resource.configuration.root.password_present == false
	input.resource.configuration.root.access_keys_present == false
}
