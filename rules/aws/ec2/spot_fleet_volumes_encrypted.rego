# METADATA
# title: Spot fleets encrypt their volumes
# description: >-
#   Instances of a fleet come and go, and nobody looks at their disks: what the request says is what
#   they get.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::SpotFleet"]
#   controls:
#     fsbp: ["EC2.173"]
#   reads: [facts.unencrypted_volumes]
#   remediation:
#     text: >-
#       Turn on encryption by default for the region, or replace the request by one that encrypts its
#       volumes: a request cannot be changed in that.
#     cli: |
#       aws ec2 enable-ebs-encryption-by-default --region REGION
#     terraform: |
#       resource "aws_spot_fleet_request" "this" {
#         launch_specification {
#           root_block_device {
#             encrypted = true
#           }
#         }
#       }
package aws.ec2.spot_fleet_volumes_encrypted

deny contains {"message": message, "path": ["facts", "unencrypted_volumes", "value", index]} if {
	some index, volume in input.resource.facts.unencrypted_volumes.value
	message := sprintf("%s is made without encryption", [object.get(volume, "device_name", "a volume")])
}
