# METADATA
# title: New volumes are encrypted by default
# description: >-
#   Whoever creates a volume or copies a snapshot then does not have to think of it.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls:
#     cis-5.0: ["5.1.1"]
#     cis-3.0: ["2.2.1"]
#     fsbp: ["EC2.7"]
#     prowler: ["ec2_ebs_default_encryption"]
#   reads: [ebs_encryption_by_default]
#   remediation:
#     text: >-
#       Turn on encryption by default in every region in use. Volumes that exist stay as they are.
#     terraform: |
#       resource "aws_ebs_encryption_by_default" "this" {
#         enabled = true
#       }
#     cli: |
#       aws ec2 enable-ebs-encryption-by-default --region REGION
package aws.ec2.volumes_encrypted_by_default

deny contains {"message": message, "path": ["ebs_encryption_by_default"]} if {
	not _on
	message := "new volumes are not encrypted by default in this region"
}

_on if input.resource.configuration.ebs_encryption_by_default == true
