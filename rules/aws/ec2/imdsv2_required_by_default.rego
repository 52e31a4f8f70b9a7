# METADATA
# title: New instances serve credentials to IMDSv2 only
# description: >-
#   Without the region's default, each template and each hurried launch decides anew whether the
#   metadata service gives credentials to a request without a token.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html
# custom:
#   severity: medium
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls:
#     prowler: ["ec2_instance_account_imdsv2_enabled"]
#   reads: [metadata_defaults]
#   remediation:
#     text: >-
#       Set the region's default to require tokens. It holds for instances that are launched from then
#       on and whose launch does not say otherwise; running ones are left as they are.
#     cli: |
#       aws ec2 modify-instance-metadata-defaults --http-tokens required --region REGION
#     terraform: |
#       resource "aws_ec2_instance_metadata_defaults" "this" {
#         http_tokens = "required"
#       }
package aws.ec2.imdsv2_required_by_default

deny contains {"message": message, "path": ["metadata_defaults", "http_tokens"]} if {
	not _safe
	message := sprintf("the region's default does not require metadata tokens: it is %s", [_tokens])
}

_safe if input.resource.configuration.metadata_defaults.http_tokens == "required"

_safe if input.resource.configuration.metadata_defaults.http_endpoint == "disabled"

default _tokens := "not set"

_tokens := input.resource.configuration.metadata_defaults.http_tokens
