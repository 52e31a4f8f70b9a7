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
#   controls: {}
#   reads: [encryption]
#   parameters:
#     bucket_encryption_algorithms: Algorithms that default encryption may use
#   remediation:
#     text: >-
#       Set default encryption to one of the wanted algorithms.
package aws.s3.encrypted

deny contains {"message": message, "path": ["encryption", "algorithm"]} if {
	algorithm := _algorithm
	not algorithm in data.params.bucket_encryption_algorithms
	message := sprintf("new objects are encrypted with %s", [algorithm])
}

_algorithm := input.resource.configuration.encryption.algorithm

# What AWS applies where nothing is configured.
_algorithm := "AES256" if not input.resource.configuration.encryption
