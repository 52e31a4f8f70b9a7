# METADATA
# title: Access points block public access
# description: >-
#   The access block of an access point is chosen when it is created and cannot be changed. With a
#   setting off that the account does not turn on either, one wrong policy opens the bucket behind
#   it to everyone.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html
# custom:
#   severity: medium
#   severity_reason: >-
#     A missing block harms only together with a public policy, which is critical by itself.
#   resource_types: ["AWS::S3::AccessPoint"]
#   controls:
#     fsbp: ["S3.19"]
#     prowler: [s3_access_point_public_access_block]
#   reads: [facts.public_access_block]
#   remediation:
#     text: >-
#       Turn on the account-wide access block, which holds for every access point, or replace the
#       access point by one with all four settings on (the default).
#     terraform: |
#       resource "aws_s3_account_public_access_block" "this" {
#         block_public_acls       = true
#         ignore_public_acls      = true
#         block_public_policy     = true
#         restrict_public_buckets = true
#       }
#     cli: |
#       aws s3control put-public-access-block --account-id ACCOUNT --public-access-block-configuration \
#         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
package aws.s3.access_point_public_access_blocked

deny contains {"message": message, "path": ["facts", "public_access_block", "value", flag]} if {
	some flag, on in input.resource.facts.public_access_block.value
	on == false
	message := sprintf("%s is on neither for the access point nor for the account", [flag])
}
