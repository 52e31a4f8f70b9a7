# METADATA
# title: Old versions of objects expire
# description: >-
#   With versioning on, what is overwritten or deleted stays and is paid for without end, and data
#   that had to be deleted is still there. A rule that expires current versions leaves them as old
#   ones.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
# custom:
#   severity: low
#   enabled: false
#   severity_reason: >-
#     Old versions cost money and keep what should be gone; they open nothing.
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     security-hub: ["S3.10"]
#   reads: [versioning, lifecycle_rules]
#   remediation:
#     text: >-
#       Add a lifecycle rule that expires noncurrent versions, or moves them to a cheaper storage
#       class.
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
package aws.s3.old_versions_expire

deny contains {"message": message, "path": ["lifecycle_rules"]} if {
	_versioned
	not _expire
	message := "versioning is on, and no enabled lifecycle rule ends or moves noncurrent versions"
}

_versioned if input.resource.configuration.versioning.status in {"Enabled", "Suspended"}

_expire if {
	some rule in input.resource.configuration.lifecycle_rules
	rule.enabled
	_ends_old_versions(rule)
}

_ends_old_versions(rule) if rule.noncurrent_expiration_days

_ends_old_versions(rule) if rule.noncurrent_transition_days
