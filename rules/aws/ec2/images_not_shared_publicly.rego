# METADATA
# title: Images cannot be made public
# description: >-
#   A public image hands out the disk it was made of; the setting prevents that for the whole region,
#   whoever is allowed to share images.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html
# custom:
#   severity: medium
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls:
#     prowler: ["ec2_ami_account_block_public_access"]
#   reads: [image_block_public_access]
#   remediation:
#     text: >-
#       Set block public access for images to block-new-sharing in every region in use. Images that are
#       public already stay so.
#     cli: |
#       aws ec2 enable-image-block-public-access --image-block-public-access-state block-new-sharing --region REGION
#     terraform: |
#       resource "aws_ec2_image_block_public_access" "this" {
#         state = "block-new-sharing"
#       }
package aws.ec2.images_not_shared_publicly

deny contains {"message": message, "path": ["image_block_public_access"]} if {
	not _blocked
	message := "images can be shared with everyone in this region"
}

_blocked if input.resource.configuration.image_block_public_access == "block-new-sharing"
