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
#       Stop the instance, so that nothing is written any more. Make a snapshot, wait until it is
#       complete, make an encrypted volume of it, swap the two, and start the instance. Keep the old
#       volume until the new one has proved itself.
#     cli: |
#       aws ec2 stop-instances --instance-ids INSTANCE
#       aws ec2 wait instance-stopped --instance-ids INSTANCE
#       aws ec2 create-snapshot --volume-id ID
#       aws ec2 wait snapshot-completed --snapshot-ids SNAPSHOT
#       aws ec2 create-volume --snapshot-id SNAPSHOT --encrypted --availability-zone ZONE
#       aws ec2 wait volume-available --volume-ids NEW
#       aws ec2 detach-volume --volume-id ID
#       aws ec2 wait volume-available --volume-ids ID
#       aws ec2 attach-volume --volume-id NEW --instance-id INSTANCE --device DEVICE
#       aws ec2 start-instances --instance-ids INSTANCE
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
