# METADATA
# title: Buckets encrypt new objects with KMS
# description: >-
#   With a KMS key, reading takes a permission on the key too, and each use of it is recorded. It
#   costs per request and key, and breaks readers without that permission, so that the rule judges
#   only where it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
# custom:
#   severity: low
#   severity_reason: >-
#     AWS encrypts every object in any case; the key adds a second permission.
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     security-hub: ["S3.17"]
#     prowler: [s3_bucket_kms_encryption]
#   reads: [encryption]
#   remediation:
#     text: >-
#       Set default encryption to aws:kms with a key of the account and a bucket key; give readers
#       and writers kms:Decrypt and kms:GenerateDataKey on it first.
#     terraform: |
#       resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
#         bucket = aws_s3_bucket.this.id
#         rule {
#           bucket_key_enabled = true
#           apply_server_side_encryption_by_default {
#             sse_algorithm     = "aws:kms"
#             kms_master_key_id = aws_kms_key.this.arn
#           }
#         }
#       }
#     cli: |
#       aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration \
#         '{"Rules": [{"BucketKeyEnabled": true, "ApplyServerSideEncryptionByDefault":
#           {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "KEY-ARN"}}]}'
package aws.s3.encrypted_with_kms

deny contains {"message": message, "path": ["encryption", "algorithm"]} if {
	not _kms
	message := sprintf("new objects are encrypted with %s", [_algorithm])
}

_kms if _algorithm in {"aws:kms", "aws:kms:dsse"}

_algorithm := input.resource.configuration.encryption.algorithm

# What AWS applies where nothing is configured.
_algorithm := "AES256" if not input.resource.configuration.encryption
