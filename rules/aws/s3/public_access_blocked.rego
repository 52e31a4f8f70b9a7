# METADATA
# title: Public access to buckets is blocked
# description: >-
#   As long as a setting of the access block is off for both the bucket and its account, one wrong
#   policy or ACL publishes the bucket.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
# custom:
#   severity: medium
#   severity_reason: >-
#     A missing block harms only together with a policy or ACL that is public, which is critical by
#     itself.
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     cis-5.0: ["2.1.4"]
#     cis-3.0: ["2.1.4"]
#     fsbp: ["S3.8"]
#     prowler: [s3_bucket_level_public_access_block]
#   reads: [facts.public_access_block]
#   remediation:
#     text: >-
#       Turn on all four settings on the bucket, or once for the whole account.
#     terraform: |
#       resource "aws_s3_bucket_public_access_block" "this" {
#         bucket                  = aws_s3_bucket.this.id
#         block_public_acls       = true
#         ignore_public_acls      = true
#         block_public_policy     = true
#         restrict_public_buckets = true
#       }
#     cli: |
#       aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration \
#         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
package aws.s3.public_access_blocked

deny contains {"message": message, "path": ["facts", "public_access_block", "value", flag]} if {
	some flag, on in input.resource.facts.public_access_block.value
	on == false
	message := sprintf("%s is on neither for the bucket nor for the account", [flag])
}
