# METADATA
# title: Buckets lock objects against deletion
# description: >-
#   Without a lock, whoever may delete objects, such as ransomware with stolen keys, deletes their
#   versions too. It is meant for archives and backups, so that the rule judges only where it is
#   asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
# custom:
#   severity: low
#   severity_reason: >-
#     Versions and permissions protect most data; a lock is a second fence for some of it.
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     security-hub: ["S3.15"]
#     prowler: [s3_bucket_object_lock]
#   reads: [object_lock]
#   remediation:
#     text: >-
#       Enable object lock on the versioned bucket, and set a default retention that fits the data:
#       in compliance mode nobody can shorten it.
#     terraform: |
#       resource "aws_s3_bucket_object_lock_configuration" "this" {
#         bucket = aws_s3_bucket.this.id
#         rule {
#           default_retention {
#             mode = "GOVERNANCE"
#             days = 30
#           }
#         }
#       }
#     cli: |
#       aws s3api put-object-lock-configuration --bucket BUCKET --object-lock-configuration \
#         '{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}'
package aws.s3.object_lock_enabled

deny contains {"message": message, "path": ["object_lock", "enabled"]} if {
	not _locked
	message := "object lock is off"
}

_locked if input.resource.configuration.object_lock.enabled
