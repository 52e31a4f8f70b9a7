# METADATA
# title: The root user has no access keys
# description: >-
#   Root keys sign any request in the account, no policy limits them, and a leaked one is the
#   account's end.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: critical
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.3"]
#     cis-3.0: ["1.4"]
#     fsbp: ["IAM.4"]
#     prowler: [iam_no_root_access_key]
#   reads: [root.access_keys_present]
#   remediation:
#     text: >-
#       Give what uses the keys a role. Sign in as root, switch its access keys off under Security
#       credentials, see what stops working, and delete them.
#     cli: |
#       # Where the organization manages root centrally, in the account that does, for a member account
#       aws sts assume-root --target-principal ACCOUNT \
#         --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials
#       # With the credentials that this gives, which can delete and not switch off
#       aws iam list-access-keys
#       aws iam delete-access-key --access-key-id ID
package aws.account.root_without_access_keys

# no terraform: what root signs in with is changed by root alone, signed in

deny contains {"message": message, "path": ["root", "access_keys_present"]} if {
	input.resource.configuration.root.access_keys_present == true
	message := "the root user has access keys"
}
