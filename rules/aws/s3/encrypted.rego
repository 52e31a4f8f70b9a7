# METADATA
# title: Buckets encrypt new objects as wanted
# description: >-
#   AWS encrypts every new object with AES256 unless told otherwise; an organization that wants to
#   hold the keys narrows the parameter to KMS.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     prowler: [s3_bucket_default_encryption]
#   reads: [encryption]
#   parameters:
#     bucket_encryption_algorithms: Algorithms that default encryption may use
#   remediation:
#     text: >-
#       Set default encryption to one of the wanted algorithms. Objects that are there stay as they
#       are until they are copied.
#     terraform: |
#       resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
#         bucket = aws_s3_bucket.this.id
#         rule {
#           apply_server_side_encryption_by_default {
#             sse_algorithm = "AES256"
#           }
#         }
#       }
#     cli: |
#       aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration \
#         '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'
package aws.s3.encrypted

deny contains {"message": message, "path": ["encryption", "algorithm"]} if {
	algorithm := _algorithm
	not algorithm in data.params.bucket_encryption_algorithms
	message := sprintf("new objects are encrypted with %s, which is not among the wanted algorithms", [algorithm])
}

_algorithm := input.resource.configuration.encryption.algorithm

# What AWS applies where nothing is configured.
_algorithm := "AES256" if not input.resource.configuration.encryption
