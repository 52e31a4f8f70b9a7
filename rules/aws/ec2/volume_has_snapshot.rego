# METADATA
# title: Volumes have a snapshot
# description: >-
#   A volume lives in one availability zone; without a snapshot its data is lost with it.
# related_resources:
# - ref: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html
# custom:
#   enabled: false  # most root volumes are made anew from an image and need none
#   severity: low
#   resource_types: ["AWS::EC2::Volume"]
#   controls:
#     prowler: ["ec2_ebs_volume_snapshots_exists"]
#   reads: [facts.has_snapshot]
#   remediation:
#     text: >-
#       Let Data Lifecycle Manager or AWS Backup make snapshots of volumes that hold data; waive those
#       that can be made anew.
#     cli: |
#       aws ec2 create-snapshot --volume-id ID
#     terraform: |
#       resource "aws_dlm_lifecycle_policy" "daily" {
#         description        = "daily snapshots of volumes tagged snapshot = daily"
#         execution_role_arn = aws_iam_role.dlm.arn
#         policy_details {
#           resource_types = ["VOLUME"]
#           target_tags    = { snapshot = "daily" }
#           schedule {
#             name = "daily"
#             create_rule { interval = 24 }
#             retain_rule { count = 14 }
#           }
#         }
#       }
package aws.ec2.volume_has_snapshot

deny contains {"message": message, "path": ["facts", "has_snapshot"]} if {
	input.resource.facts.has_snapshot.value == false
	message := "no completed snapshot in this region is of this volume"
}
