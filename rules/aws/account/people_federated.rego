# METADATA
# title: People sign in through an identity provider
# description: >-
#   With passwords in each account, those of somebody who leaves are forgotten in one of them. An
#   identity provider is one place to let people in and out. An account in which no IAM user has a
#   console password needs none.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# - ref: https://docs.aws.amazon.com/singlesignon/latest/userguide/what-is.html
# custom:
#   severity: low
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.20"]
#     cis-3.0: ["1.21"]
#     prowler: [iam_check_saml_providers_sts]
#   reads: [facts.console_users, facts.saml_provider]
#   remediation:
#     text: >-
#       Use IAM Identity Center for the organization, or a SAML provider for a single account, give
#       people roles through it, and then remove the console passwords of IAM users, but for the few
#       that are kept for emergencies.
#     terraform: |
#       resource "aws_iam_saml_provider" "this" {
#         name                   = "company"
#         saml_metadata_document = file("metadata.xml")
#       }
#     cli: |
#       aws iam create-saml-provider --name company --saml-metadata-document file://metadata.xml
package aws.account.people_federated

deny contains {"message": message, "path": ["facts", "saml_provider"]} if {
	input.resource.facts.saml_provider.value == false
	input.resource.facts.console_users.value == true
	message := "IAM users have console passwords, and there is no SAML provider to sign in through"
}
