# METADATA
# title: EBS snapshots cannot be made public
# description: >-
#   A snapshot that is shared with everyone hands out the whole disk; the setting prevents that
#   for the region, and in its stricter form shuts what is shared already.
# related_resources:
# - ref: https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
# custom:
#   severity: medium
#   severity_reason: the setting prevents a mistake that is a critical finding of its own when made
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls:
#     security-hub: ["EC2.182"]
#     prowler: ["ec2_ebs_snapshot_account_block_public_access"]
#   reads: [snapshot_block_public_access]
#   remediation:
#     text: >-
#       Set block public access for snapshots to block-all-sharing in every region in use.
#     cli: |
#       aws ec2 enable-snapshot-block-public-access --state block-all-sharing --region REGION
#     terraform: |
#       resource "aws_ebs_snapshot_block_public_access" "this" {
#         state = "block-all-sharing"
#       }
package aws.ec2.snapshots_not_shared_publicly

deny contains {"message": message, "path": ["snapshot_block_public_access"]} if {
	not _all_blocked
	not _new_blocked
	message := "snapshots can be shared with everyone in this region"
}

deny contains {"message": message, "path": ["snapshot_block_public_access"]} if {
	_new_blocked
	message := "snapshots that were public before block-new-sharing was set stay public"
}

_all_blocked if input.resource.configuration.snapshot_block_public_access == "block-all-sharing"

_new_blocked if input.resource.configuration.snapshot_block_public_access == "block-new-sharing"
