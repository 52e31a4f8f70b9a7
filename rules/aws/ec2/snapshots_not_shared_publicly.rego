# METADATA
# title: EBS snapshots cannot be made public
# description: >-
#   A snapshot that is shared with everyone hands out the whole disk; the setting prevents that
#   for the region.
# related_resources:
# - ref: https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
# custom:
#   severity: medium
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls: {}
#   reads: [snapshot_block_public_access]
#   remediation:
#     text: >-
#       Set block public access for snapshots to block-all-sharing in every region in use.
#     terraform: |
#       resource "aws_ebs_snapshot_block_public_access" "this" {
#         state = "block-all-sharing"
#       }
package aws.ec2.snapshots_not_shared_publicly

deny contains {"message": message, "path": ["snapshot_block_public_access"]} if {
	not _blocked
	message := "snapshots can be shared with everyone in this region"
}

_blocked if input.resource.configuration.snapshot_block_public_access in {"block-all-sharing", "block-new-sharing"}
