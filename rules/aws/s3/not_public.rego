# METADATA
# title: Buckets are not public
# description: >-
#   Anyone on the internet can then list, read or write what the policy or ACL grants, without
#   credentials.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
# custom:
#   severity: critical
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp: ["S3.2", "S3.3"]
#   reads: [facts.public]
#   remediation:
#     text: >-
#       Turn on the public access block of the bucket or the account, and remove the policy
#       statement or ACL grant that is meant for everyone.
#     terraform: |
#       resource "aws_s3_bucket_public_access_block" "this" {
#         bucket                  = aws_s3_bucket.this.id
#         block_public_acls       = true
#         ignore_public_acls      = true
#         block_public_policy     = true
#         restrict_public_buckets = true
#       }
package aws.s3.not_public

deny contains {"message": message, "path": ["facts", "public"]} if {
	input.resource.facts.public.value == true
	message := "anyone can reach the bucket"
}
