# METADATA
# title: Users have at most one active access key
# description: >-
#   A second active key is either a rotation that never ended or a copy that nobody watches.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: low
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.12"]
#     cis-3.0: ["1.13"]
#     prowler: [iam_user_two_active_access_key]
#   reads: [access_keys]
#   remediation:
#     text: >-
#       Find out which key is used, and deactivate the other; delete it when nothing has missed it for
#       a while.
#     cli: |
#       aws iam list-access-keys --user-name NAME
#       aws iam get-access-key-last-used --access-key-id ID
#       aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive
package aws.iam.single_active_access_key

# no terraform: Terraform would keep the secret key in its state

deny contains {"message": message, "path": ["access_keys", index]} if {
	some first, one in input.resource.configuration.access_keys
	one.active == true
	some index, other in input.resource.configuration.access_keys
	first < index
	other.active == true
	message := sprintf("access keys %d and %d are both active", [one.slot, other.slot])
}
