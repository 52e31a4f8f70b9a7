# METADATA
# title: Writes to objects are recorded
# description: >-
#   Without data events, CloudTrail does not tell who changed or deleted objects. They are paid for
#   by the event, so that the rule judges only where it is asked for. A trail of one region misses
#   the others, and one that leaves out buckets or kinds of events does not count.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
# custom:
#   severity: low
#   severity_reason: >-
#     The records help after an incident and prevent none.
#   enabled: false
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["3.8"]
#     cis-3.0: ["3.8"]
#     security-hub: ["S3.22"]
#   reads: [facts.s3_write_events_logged]
#   remediation:
#     text: >-
#       Let a multi-region trail record data events of AWS::S3::Object for all buckets. Put the log
#       bucket itself under a trail elsewhere, or accept that its own deliveries are recorded.
#     terraform: |
#       resource "aws_cloudtrail" "this" {
#         name                  = "objects"
#         s3_bucket_name        = aws_s3_bucket.trail.id
#         is_multi_region_trail = true
#         advanced_event_selector {
#           name = "writes to objects"
#           field_selector {
#             field  = "eventCategory"
#             equals = ["Data"]
#           }
#           field_selector {
#             field  = "resources.type"
#             equals = ["AWS::S3::Object"]
#           }
#           field_selector {
#             field  = "readOnly"
#             equals = ["false"]
#           }
#         }
#       }
#     cli: |
#       # replaces the trail's selectors as a whole; add to what get-event-selectors gives
#       aws cloudtrail put-event-selectors --trail-name TRAIL --advanced-event-selectors \
#         '[{"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
#           {"Name": "writes to objects", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]},
#             {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
#             {"Field": "readOnly", "Equals": ["false"]}]}]'
package aws.account.s3_write_events_logged

deny contains {"message": message, "path": ["facts", "s3_write_events_logged"]} if {
	input.resource.facts.s3_write_events_logged.value == false
	message := "no multi-region trail that is on records writes to the objects of every bucket"
}
