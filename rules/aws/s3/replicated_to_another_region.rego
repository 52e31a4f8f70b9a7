# METADATA
# title: Buckets replicate to another region
# description: >-
#   A copy in another region survives the loss of the region, and of the bucket. It doubles the cost
#   of storage, so that the rule judges only where it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     security-hub: ["S3.7"]
#     prowler: [s3_bucket_cross_region_replication]
#   reads: [facts.replicated_to_another_region]
#   remediation:
#     text: >-
#       Enable versioning on both buckets and add a replication rule whose destination is a bucket
#       in another region.
#     terraform: |
#       resource "aws_s3_bucket_replication_configuration" "this" {
#         bucket = aws_s3_bucket.this.id
#         role   = aws_iam_role.replication.arn
#         rule {
#           id     = "to-another-region"
#           status = "Enabled"
#           filter {}
#           delete_marker_replication {
#             status = "Enabled"
#           }
#           destination {
#             bucket = aws_s3_bucket.copy.arn
#           }
#         }
#       }
#     cli: |
#       # replaces the replication configuration as a whole; see get-bucket-replication first
#       aws s3api put-bucket-replication --bucket BUCKET --replication-configuration \
#         '{"Role": "arn:aws:iam::ACCOUNT:role/ROLE", "Rules": [{"ID": "to-another-region", "Priority": 1,
#           "Status": "Enabled", "Filter": {}, "DeleteMarkerReplication": {"Status": "Enabled"},
#           "Destination": {"Bucket": "arn:aws:s3:::COPY"}}]}'
package aws.s3.replicated_to_another_region

deny contains {"message": message, "path": ["facts", "replicated_to_another_region"]} if {
	input.resource.facts.replicated_to_another_region.value == false
	message := "no enabled replication rule leads to a bucket in another region"
}
