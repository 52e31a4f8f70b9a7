# METADATA
# title: Users get permissions through groups only
# description: >-
#   Permissions on single users are granted once and never reviewed again.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: low
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.14"]
#     cis-3.0: ["1.15"]
#     fsbp: ["IAM.2"]
#   reads: [inline_policies, attached_policies]
#   remediation:
#     text: >-
#       Put the user into a group that has the permissions, and remove the policies from the user.
package aws.iam.user_without_direct_policies

deny contains {"message": message, "path": ["attached_policies", index]} if {
	some index, policy in input.resource.configuration.attached_policies
	message := sprintf("%s is attached to the user", [policy])
}

deny contains {"message": message, "path": ["inline_policies", index]} if {
	some index, policy in input.resource.configuration.inline_policies
	message := sprintf("the user has the inline policy %s", [policy.name])
}
