# METADATA
# title: Instances run on images that their owner still supports
# description: >-
#   An owner deprecates an image when a newer one has its fixes; an image that is gone cannot be
#   launched again when the machine is lost.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_instance_with_outdated_ami"]
#   reads: [image_id, observed.image]
#   remediation:
#     text: >-
#       Launch a successor from the current image of the same family and move the work over. Launch
#       templates can name the parameter that always holds the newest image.
#     cli: |
#       aws ssm get-parameter --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64
#     terraform: |
#       resource "aws_launch_template" "this" {
#         image_id = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
#       }
package aws.ec2.instance_image_supported

import data.lib.ages

deny contains {"message": message, "path": ["observed", "image", "deprecated"]} if {
	since := input.resource.configuration.observed.image.deprecated
	ages.days_between(since, input.now) >= 0
	message := sprintf("image %s is deprecated since %s", [_image, substring(since, 0, 10)])
}

deny contains {"message": message, "path": ["observed", "image", "available"]} if {
	input.resource.configuration.observed.image.available == false
	message := sprintf("image %s is deregistered, or no longer shared with the account", [_image])
}

default _image := "of the instance"

_image := input.resource.configuration.image_id
