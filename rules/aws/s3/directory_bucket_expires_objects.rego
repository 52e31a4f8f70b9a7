# METADATA
# title: Directory buckets expire objects
# description: >-
#   Directory buckets are for data in work and cost several times what other storage does. Without a
#   lifecycle rule, leftovers of jobs and of uploads that were never finished stay.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-lifecycle.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3Express::DirectoryBucket"]
#   controls:
#     fsbp: ["S3.25"]
#   reads: [lifecycle_rules]
#   remediation:
#     text: >-
#       Add a lifecycle rule that expires objects and removes incomplete uploads.
#     cli: |
#       # replaces the lifecycle rules as a whole; see get-bucket-lifecycle-configuration first
#       aws s3api put-bucket-lifecycle-configuration --bucket BUCKET --lifecycle-configuration \
#         '{"Rules": [{"ID": "tidy", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 30},
#           "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]}'
package aws.s3.directory_bucket_expires_objects

# no terraform: whether the provider takes lifecycles of directory buckets was not tried

deny contains {"message": message, "path": ["lifecycle_rules"]} if {
	not _enabled
	message := "no lifecycle rule of the directory bucket is enabled"
}

_enabled if {
	some rule in input.resource.configuration.lifecycle_rules
	rule.enabled
}
