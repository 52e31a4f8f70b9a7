# METADATA
# title: All users have an MFA device
# description: >-
#   A user with access keys only needs a device as soon as a policy asks for one. Users of programs
#   cannot have one, so this rule only judges when it is asked for; users who sign in are judged by a
#   rule of their own.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: medium
#   enabled: false
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     security-hub: ["IAM.19"]
#   reads: [mfa_active]
#   remediation:
#     text: >-
#       Let the user register an MFA device; give programs a role in place of a user.
#     cli: |
#       aws iam list-mfa-devices --user-name NAME
package aws.iam.user_mfa

# no terraform: a person registers the device

deny contains {"message": message, "path": ["mfa_active"]} if {
	not _mfa
	message := "the user has no MFA device"
}

_mfa if input.resource.configuration.mfa_active == true
