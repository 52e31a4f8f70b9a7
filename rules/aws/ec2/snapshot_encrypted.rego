# METADATA
# title: Snapshots are encrypted
# description: >-
#   An unencrypted snapshot is one permission away from being read in another account; an encrypted
#   one also needs its key.
# related_resources:
# - ref: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Snapshot"]
#   controls:
#     prowler: ["ec2_ebs_snapshots_encrypted"]
#   reads: [encrypted]
#   remediation:
#     text: >-
#       Copy the snapshot with encryption and delete the unencrypted one. Images that are made of it
#       have to be made again of the copy.
#     cli: |
#       aws ec2 copy-snapshot --source-region REGION --source-snapshot-id ID --encrypted --region REGION
#     terraform: |
#       resource "aws_ebs_snapshot_copy" "this" {
#         source_snapshot_id = "ID"
#         source_region      = "REGION"
#         encrypted          = true
#       }
package aws.ec2.snapshot_encrypted

deny contains {"message": message, "path": ["encrypted"]} if {
	not _encrypted
	message := "the snapshot is not encrypted"
}

_encrypted if input.resource.configuration.encrypted == true
