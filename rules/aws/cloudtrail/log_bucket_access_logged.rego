# METADATA
# title: Access to the buckets of trails is logged
# description: >-
#   Who covers tracks begins with the trail's logs. Server access logs of their bucket tell who read
#   or deleted them. Buckets count that a trail of the scan delivers to, or whose policy lets
#   CloudTrail write.
# related_resources:
# - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     cis-5.0: ["3.4"]
#     cis-3.0: ["3.4"]
#   reads: [facts.trail_logs_unwatched]
#   remediation:
#     text: >-
#       Send server access logs of the bucket to another bucket.
#     terraform: |
#       resource "aws_s3_bucket_logging" "trail" {
#         bucket        = aws_s3_bucket.trail.id
#         target_bucket = aws_s3_bucket.logs.id
#         target_prefix = "s3/trail/"
#       }
#     cli: |
#       aws s3api put-bucket-logging --bucket BUCKET --bucket-logging-status \
#         '{"LoggingEnabled": {"TargetBucket": "LOG-BUCKET", "TargetPrefix": "s3/BUCKET/"}}'
package aws.cloudtrail.log_bucket_access_logged

deny contains {"message": message, "path": ["facts", "trail_logs_unwatched"]} if {
	input.resource.facts.trail_logs_unwatched.value == true
	message := "the bucket takes logs of CloudTrail, and its own server access logging is off"
}
