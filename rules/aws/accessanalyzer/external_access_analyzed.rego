# METADATA
# title: An analyzer watches for access from outside in each region
# description: >-
#   IAM Access Analyzer tells within the hour when a policy in a region lets somebody from outside
#   in, be it on a bucket, a key, a queue or a role. It is free for this purpose, and looks only at
#   the region it is in.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-getting-started.html
# custom:
#   severity: medium
#   severity_reason: >-
#     An analyzer finds open doors and opens none; what it would find in IAM, S3 and EC2 is judged by
#     rules of their own.
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls:
#     cis-5.0: ["1.19"]
#     cis-3.0: ["1.20"]
#     security-hub: ["IAM.28"]
#   reads: [facts.external_access_analyzed]
#   remediation:
#     text: >-
#       Create an external access analyzer in the region: for the whole organization from the account
#       that administers it, or else for this account. One that is disabled or has failed does not
#       watch. An analyzer for unused or internal access does not either.
#     terraform: |
#       resource "aws_accessanalyzer_analyzer" "this" {
#         analyzer_name = "external-access"
#         type          = "ACCOUNT"
#       }
#     cli: |
#       aws accessanalyzer create-analyzer --analyzer-name external-access --type ACCOUNT --region REGION
package aws.accessanalyzer.external_access_analyzed

deny contains {"message": message, "path": ["facts", "external_access_analyzed"]} if {
	input.resource.facts.external_access_analyzed.value == false
	message := sprintf("no active analyzer watches for access from outside in %s", [input.resource.region])
}
