# METADATA
# title: Buckets keep old versions
# description: >-
#   Without versioning, what is overwritten or deleted by mistake or by an attacker is gone.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     security-hub: ["S3.14"]
#     prowler: [s3_bucket_object_versioning]
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
#     cli: |
#       aws s3api put-bucket-versioning --bucket BUCKET --versioning-configuration Status=Enabled
package aws.s3.versioned

deny contains {"message": message, "path": ["versioning", "status"]} if {
	not _enabled
	message := sprintf("versioning is %s", [lower(_status)])
}

_status := input.resource.configuration.versioning.status

_status := "not enabled" if not input.resource.configuration.versioning.status

_enabled if input.resource.configuration.versioning.status == "Enabled"
