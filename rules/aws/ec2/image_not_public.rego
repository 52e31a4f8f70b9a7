# METADATA
# title: Images are not public
# description: >-
#   Everyone with an AWS account can start a public image and look through its disk: source code,
#   credentials and the history of the shell are what is usually found.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html
# custom:
#   severity: critical
#   resource_types: ["AWS::EC2::Image"]
#   controls:
#     prowler: ["ec2_ami_public"]
#   reads: [public]
#   remediation:
#     text: >-
#       Take the launch permission back, and treat every secret on the disk as known to others. Share
#       with single accounts or an organization instead. An image that is published on purpose is a
#       case for a waiver.
#     cli: |
#       aws ec2 modify-image-attribute --image-id ID --launch-permission "Remove=[{Group=all}]"
#       aws ec2 enable-image-block-public-access --image-block-public-access-state block-new-sharing --region REGION
#     terraform: |
#       # take away the aws_ami_launch_permission that has group = "all", and
#       resource "aws_ec2_image_block_public_access" "this" {
#         state = "block-new-sharing"
#       }
package aws.ec2.image_not_public

deny contains {"message": message, "path": ["public"]} if {
	input.resource.configuration.public == true
	message := "everyone with an AWS account can launch this image"
}
