# METADATA
# title: Network resources and instances are tagged
# description: >-
#   A resource without tags belongs to nobody when something is wrong with it. Which tags there must be is a matter of
#   the house, so that the rule judges only when asked.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   enabled: false
#   resource_types:
#   - AWS::EC2::CustomerGateway
#   - AWS::EC2::DHCPOptions
#   - AWS::EC2::EIP
#   - AWS::EC2::FlowLog
#   - AWS::EC2::Instance
#   - AWS::EC2::InternetGateway
#   - AWS::EC2::LaunchTemplate
#   - AWS::EC2::NatGateway
#   - AWS::EC2::NetworkAcl
#   - AWS::EC2::NetworkInterface
#   - AWS::EC2::PrefixList
#   - AWS::EC2::RouteTable
#   - AWS::EC2::SecurityGroup
#   - AWS::EC2::Subnet
#   - AWS::EC2::TrafficMirrorFilter
#   - AWS::EC2::TrafficMirrorSession
#   - AWS::EC2::TrafficMirrorTarget
#   - AWS::EC2::TransitGateway
#   - AWS::EC2::TransitGatewayAttachment
#   - AWS::EC2::TransitGatewayRouteTable
#   - AWS::EC2::VPC
#   - AWS::EC2::VPCEndpointService
#   - AWS::EC2::VPCPeeringConnection
#   - AWS::EC2::VPNGateway
#   - AWS::EC2::Volume
#   controls:
#     security-hub:
#     - EC2.33
#     - EC2.34
#     - EC2.35
#     - EC2.36
#     - EC2.37
#     - EC2.38
#     - EC2.39
#     - EC2.40
#     - EC2.41
#     - EC2.42
#     - EC2.43
#     - EC2.44
#     - EC2.45
#     - EC2.46
#     - EC2.47
#     - EC2.48
#     - EC2.49
#     - EC2.50
#     - EC2.52
#     - EC2.174
#     - EC2.175
#     - EC2.176
#     - EC2.177
#     - EC2.178
#     - EC2.179
#   reads: [tags, owner]
#   parameters:
#     required_tags: >-
#       Keys that every resource must have; with none, any tag that is not one of AWS's own will do
#   remediation:
#     text: >-
#       Tag the resource, best in the code that makes it, and let a tag policy of the organization keep the keys alike.
#     cli: |
#       aws ec2 create-tags --resources RESOURCE_ID --tags Key=team,Value=TEAM
#     terraform: |
#       provider "aws" {
#         default_tags {
#           tags = { team = "platform" }
#         }
#       }
package aws.ec2.tagged

deny contains {"message": message, "path": ["tags"]} if {
	count(data.params.required_tags) == 0
	not _of_aws
	count(_own) == 0
	message := "the resource has no tags"
}

deny contains {"message": message, "path": ["tags", key]} if {
	some key in data.params.required_tags
	not _of_aws
	not _has(key)
	message := sprintf("the resource has no tag %s", [key])
}

_has(key) if key in _own

_own := {key | some key, _ in input.resource.tags} - _set_by_aws

_set_by_aws := {key | some key, _ in input.resource.tags; startswith(key, "aws:")}

# Nobody can tag AWS's own prefix lists.
_of_aws if input.resource.configuration.owner == "AWS"
