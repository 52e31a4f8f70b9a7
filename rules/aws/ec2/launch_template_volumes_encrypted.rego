# METADATA
# title: Launch templates encrypt their volumes
# description: >-
#   A template decides for every machine that is ever made of it whether its disks can be read by
#   whoever gets hold of a snapshot.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::LaunchTemplate"]
#   controls:
#     fsbp: ["EC2.181"]
#   reads: [facts.unencrypted_volumes]
#   remediation:
#     text: >-
#       Make a version of the template that encrypts the volume, or turn on encryption by default for
#       the region, which holds for every template. Volumes that exist stay as they are.
#     cli: |
#       aws ec2 enable-ebs-encryption-by-default --region REGION
#     terraform: |
#       resource "aws_launch_template" "this" {
#         block_device_mappings {
#           device_name = "/dev/xvda"
#           ebs {
#             encrypted = true
#           }
#         }
#         update_default_version = true
#       }
package aws.ec2.launch_template_volumes_encrypted

deny contains {"message": message, "path": ["facts", "unencrypted_volumes", "value", index]} if {
	some index, volume in input.resource.facts.unencrypted_volumes.value
	message := sprintf("%s is made without encryption", [object.get(volume, "device_name", "a volume")])
}
