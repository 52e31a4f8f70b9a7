# METADATA
# title: Nobody has full access to CloudShell
# description: >-
#   AWS's policy AWSCloudShellFullAccess also allows files to be moved in and out of a shell that has
#   the internet and the user's permissions: data leaves without passing any network that is watched.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/cloudshell/latest/userguide/sec-auth-with-identities.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.21"]
#     cis-3.0: ["1.22"]
#     security-hub: ["IAM.27"]
#     prowler: [iam_policy_cloudshell_admin_not_attached]
#   reads: [attached_policies]
#   remediation:
#     text: >-
#       Detach the policy. Where people need CloudShell, attach a policy that allows it without
#       cloudshell:GetFileUploadUrls and cloudshell:GetFileDownloadUrls.
#     cli: |
#       # The one that fits
#       aws iam detach-group-policy --group-name NAME --policy-arn arn:aws:iam::aws:policy/AWSCloudShellFullAccess
#       aws iam detach-role-policy --role-name NAME --policy-arn arn:aws:iam::aws:policy/AWSCloudShellFullAccess
#       aws iam detach-user-policy --user-name NAME --policy-arn arn:aws:iam::aws:policy/AWSCloudShellFullAccess
package aws.iam.cloudshell_full_access_not_attached

# no terraform: the attachment, or the policy, leaves; there is nothing to add

deny contains {"message": message, "path": ["attached_policies", index]} if {
	some index, policy in input.resource.configuration.attached_policies
	endswith(policy, ":iam::aws:policy/AWSCloudShellFullAccess")
	message := sprintf("the policy %s is attached", [policy])
}
