# METADATA
# title: Volumes are encrypted
# description: >-
#   An unencrypted volume can be copied and shared as a snapshot without any key.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Volume"]
#   controls:
#     fsbp: ["EC2.3"]
#     prowler: ["ec2_ebs_volume_encryption"]
#   reads: [encrypted]
#   remediation:
#     text: >-
#       Make a snapshot, make an encrypted volume of it, and swap the two while the instance is
#       stopped. Keep the old volume until the new one has proved itself.
#     cli: |
#       aws ec2 create-snapshot --volume-id ID
#       aws ec2 create-volume --snapshot-id SNAPSHOT --encrypted --availability-zone ZONE
#       aws ec2 stop-instances --instance-ids INSTANCE
#       aws ec2 detach-volume --volume-id ID
#       aws ec2 attach-volume --volume-id NEW --instance-id INSTANCE --device DEVICE
#     terraform: |
#       resource "aws_ebs_volume" "this" {
#         encrypted = true # replaces the volume: take a snapshot first and name it in snapshot_id
#       }
package aws.ec2.volume_encrypted

deny contains {"message": message, "path": ["encrypted"]} if {
	not _encrypted
	message := "the volume is not encrypted"
}

_encrypted if input.resource.configuration.encrypted == true
