# METADATA
# title: Launch templates make instances that serve credentials to IMDSv2 only
# description: >-
#   Every instance of the template gives the credentials of its role to a request without a token, such
#   as one that a web application can be made to send.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   severity_reason: every instance that is made of it will be open in the way that is high for instances
#   resource_types: ["AWS::EC2::LaunchTemplate"]
#   controls:
#     fsbp: ["EC2.170"]
#     prowler: ["ec2_launch_template_imdsv2_required"]
#   reads: [facts.metadata_tokens, metadata_options]
#   remediation:
#     text: >-
#       Make a version of the template that requires tokens, and make it the default. A default for the
#       region helps all templates that do not say otherwise.
#     cli: |
#       aws ec2 create-launch-template-version --launch-template-id ID --source-version N --launch-template-data '{"MetadataOptions":{"HttpTokens":"required"}}'
#       aws ec2 modify-launch-template --launch-template-id ID --default-version M
#     terraform: |
#       resource "aws_launch_template" "this" {
#         metadata_options {
#           http_endpoint = "enabled"
#           http_tokens   = "required"
#         }
#         update_default_version = true
#       }
package aws.ec2.launch_template_imdsv2_required

deny contains {"message": message, "path": ["facts", "metadata_tokens"]} if {
	not _off
	tokens := input.resource.facts.metadata_tokens.value
	tokens != "required"
	message := _messages[tokens]
}

_messages := {
	"optional": "the default version lets instances answer metadata requests without a token",
	"image": "neither the default version nor the region requires metadata tokens, the image decides",
}

_off if input.resource.configuration.metadata_options.http_endpoint == "disabled"
