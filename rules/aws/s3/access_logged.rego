# METADATA
# title: Buckets log who reads and writes
# description: >-
#   After an incident, nobody can tell which objects were read and by whom. A bucket that takes its
#   own logs writes a log record for each log record, without end.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
# custom:
#   severity: low
#   severity_reason: >-
#     The logs help after an incident and prevent none, and data events in CloudTrail tell the same.
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp: ["S3.9"]
#     prowler: [s3_bucket_server_access_logging_enabled]
#   reads: [logging]
#   remediation:
#     text: >-
#       Send server access logs to a bucket of their own, or record data events in CloudTrail and
#       waive the rule. Waive buckets that take such logs by name.
#     terraform: |
#       resource "aws_s3_bucket_logging" "this" {
#         bucket        = aws_s3_bucket.this.id
#         target_bucket = aws_s3_bucket.logs.id
#         target_prefix = "s3/"
#       }
#     cli: |
#       aws s3api put-bucket-logging --bucket BUCKET --bucket-logging-status \
#         '{"LoggingEnabled": {"TargetBucket": "LOG-BUCKET", "TargetPrefix": "s3/BUCKET/"}}'
package aws.s3.access_logged

deny contains {"message": message, "path": ["logging"]} if {
	not input.resource.configuration.logging
	message := "server access logging is off"
}

deny contains {"message": message, "path": ["logging", "target_bucket"]} if {
	input.resource.configuration.logging.target_bucket == input.resource.name
	message := "the bucket takes the logs of its own accesses, and logs each delivery again"
}
