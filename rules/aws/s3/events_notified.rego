# METADATA
# title: Buckets notify about events
# description: >-
#   Somebody hears of unexpected writes or deletions at once. Most buckets have no such need, so
#   that the rule judges only where it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
# custom:
#   severity: low
#   severity_reason: >-
#     Notifications serve applications; nothing is open without them.
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     security-hub: ["S3.11"]
#     prowler: [s3_bucket_event_notifications_enabled]
#   reads: [notifications]
#   remediation:
#     text: >-
#       Send the bucket's events to EventBridge, a queue, a topic or a function.
#     terraform: |
#       resource "aws_s3_bucket_notification" "this" {
#         bucket      = aws_s3_bucket.this.id
#         eventbridge = true
#       }
#     cli: |
#       # replaces all notifications; add to what get-bucket-notification-configuration gives
#       aws s3api put-bucket-notification-configuration --bucket BUCKET \
#         --notification-configuration '{"EventBridgeConfiguration": {}}'
package aws.s3.events_notified

deny contains {"message": message, "path": ["notifications"]} if {
	not input.resource.configuration.notifications
	message := "events of the bucket go nowhere"
}
