# METADATA
# title: Buckets keep old versions
# description: >-
#   Without versioning, what is overwritten or deleted by mistake or by an attacker is gone.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [versioning]
#   remediation:
#     text: >-
#       Enable versioning, and let a lifecycle rule expire old versions.
#     terraform: |
#       resource "aws_s3_bucket_versioning" "this" {
#         bucket = aws_s3_bucket.this.id
#         versioning_configuration {
#           status = "Enabled"
#         }
#       }
package aws.s3.versioned

deny contains {"message": message, "path": ["versioning", "status"]} if {
	not _enabled
	message := "versioning is not enabled"
}

_enabled if input.resource.configuration.versioning.status == "Enabled"
