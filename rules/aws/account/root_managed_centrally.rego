# METADATA
# title: The organization manages the root users of its accounts
# description: >-
#   Each member account has a root user whose password can be reset by whoever reads its mail. With
#   central management those credentials are taken away, and nobody has to guard them. Judged where
#   the organization is managed; member accounts and accounts of their own pass.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
# custom:
#   severity: medium
#   resource_types: ["AWS::::Account"]
#   controls:
#     prowler: [iam_root_credentials_management_enabled]
#   reads: [root_management.credentials]
#   remediation:
#     text: >-
#       In the management account, enable root credentials management and privileged root actions
#       under IAM, Root access management; then take the credentials of each member's root away.
#     terraform: |
#       resource "aws_iam_organizations_features" "this" {
#         enabled_features = ["RootCredentialsManagement", "RootSessions"]
#       }
#     cli: |
#       aws organizations enable-aws-service-access --service-principal iam.amazonaws.com
#       aws iam enable-organizations-root-credentials-management
#       aws iam enable-organizations-root-sessions
package aws.account.root_managed_centrally

deny contains {"message": message, "path": ["root_management", "credentials"]} if {
	input.resource.configuration.root_management.credentials == false
	message := "the organization does not manage the root credentials of its member accounts"
}
