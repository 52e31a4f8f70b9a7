# METADATA
# title: Buckets have a lifecycle
# description: >-
#   Without lifecycle rules everything is kept and paid for without end, also the parts of uploads
#   that were never finished, which no listing shows.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp: ["S3.13"]
#     prowler: [s3_bucket_lifecycle_enabled]
#   reads: [lifecycle_rules]
#   remediation:
#     text: >-
#       Add a lifecycle rule; one that removes incomplete uploads after a week is right for every
#       bucket.
#     terraform: |
#       resource "aws_s3_bucket_lifecycle_configuration" "this" {
#         bucket = aws_s3_bucket.this.id
#         rule {
#           id     = "tidy"
#           status = "Enabled"
#           filter {}
#           noncurrent_version_expiration {
#             noncurrent_days = 90
#           }
#           abort_incomplete_multipart_upload {
#             days_after_initiation = 7
#           }
#         }
#       }
#     cli: |
#       # replaces the lifecycle rules as a whole; see get-bucket-lifecycle-configuration first
#       aws s3api put-bucket-lifecycle-configuration --bucket BUCKET --lifecycle-configuration \
#         '{"Rules": [{"ID": "tidy", "Status": "Enabled", "Filter": {},
#           "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
#           "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}'
package aws.s3.lifecycle_configured

deny contains {"message": message, "path": ["lifecycle_rules"]} if {
	not input.resource.configuration.lifecycle_rules
	message := "the bucket has no lifecycle rules"
}

deny contains {"message": message, "path": ["lifecycle_rules"]} if {
	count(input.resource.configuration.lifecycle_rules) > 0
	not _enabled
	message := "all lifecycle rules of the bucket are switched off"
}

_enabled if {
	some rule in input.resource.configuration.lifecycle_rules
	rule.enabled
}
