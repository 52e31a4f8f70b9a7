# METADATA
# title: Snapshots are not public
# description: >-
#   Whoever has an AWS account can make a volume of a public snapshot and read all that was ever on
#   the disk, keys and deleted files included.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# - ref: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
# custom:
#   severity: critical
#   resource_types: ["AWS::EC2::Snapshot"]
#   controls:
#     fsbp: ["EC2.1"]
#     prowler: ["ec2_ebs_public_snapshot"]
#   reads: [facts.public]
#   remediation:
#     text: >-
#       Block public access for the region at once, which also shuts what is public already. Then
#       take the permission back, and treat every secret that was on the disk as known to
#       others. Share with single accounts where somebody needs it.
#     cli: |
#       aws ec2 enable-snapshot-block-public-access --state block-all-sharing --region REGION
#       aws ec2 modify-snapshot-attribute --snapshot-id ID --attribute createVolumePermission --operation-type remove --group-names all
#     terraform: |
#       resource "aws_ebs_snapshot_block_public_access" "this" {
#         state = "block-all-sharing"
#       }
package aws.ec2.snapshot_not_public

deny contains {"message": message, "path": ["facts", "public"]} if {
	input.resource.facts.public.value == true
	message := "everyone with an AWS account can make a volume of this snapshot"
}
