# METADATA
# title: Buckets log who reads and writes
# description: >-
#   After an incident, nobody can tell which objects were read and by whom.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp: ["S3.9"]
#   reads: [logging]
#   remediation:
#     text: >-
#       Send server access logs to a bucket of their own, or record data events in CloudTrail and
#       waive the rule; log buckets themselves can be waived by name.
#     terraform: |
#       resource "aws_s3_bucket_logging" "this" {
#         bucket        = aws_s3_bucket.this.id
#         target_bucket = aws_s3_bucket.logs.id
#         target_prefix = "s3/"
#       }
package aws.s3.access_logged

deny contains {"message": message, "path": ["logging"]} if {
	not input.resource.configuration.logging
	message := "server access logging is off"
}
