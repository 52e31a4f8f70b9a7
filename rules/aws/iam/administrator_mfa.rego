# METADATA
# title: Administrators have an MFA device
# description: >-
#   Whoever gets hold of an administrator's password or key has the account. All users count whose
#   policies, or those of their groups, allow everything, whatever the policies are called.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     prowler: [iam_administrator_access_with_mfa]
#   reads: [access_keys, console_password, facts.admin, mfa_active]
#   remediation:
#     text: >-
#       Let the user register an MFA device, and let a policy deny what is asked without it, because
#       access keys work without MFA otherwise. Better, give people a role to assume when they need it.
#     cli: |
#       aws iam list-mfa-devices --user-name NAME
#       aws iam list-access-keys --user-name NAME
#       # Only where the user is not to sign in any more
#       aws iam delete-login-profile --user-name NAME
package aws.iam.administrator_mfa

# no terraform: a person registers the device

deny contains {"message": message, "path": ["mfa_active"]} if {
	input.resource.facts.admin.value == true
	some way in _ways
	not _mfa
	message := sprintf("the user is an administrator, has %s and no MFA device", [way])
}

_mfa if input.resource.configuration.mfa_active == true

_ways contains "a console password" if input.resource.configuration.console_password == true

_ways contains "an active access key" if {
	some key in input.resource.configuration.access_keys
	key.active == true
}
