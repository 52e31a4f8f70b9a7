# METADATA
# title: VPC block public access shuts internet gateways
# description: >-
#   The setting of the region overrules every route and security group, so that no mistake in one of them opens a
#   network. For accounts that need internet gateways nowhere, or that name the exceptions.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
# custom:
#   severity: medium
#   enabled: false
#   resource_types: ["Plimsoll::EC2::RegionSettings"]
#   controls:
#     fsbp: ["EC2.172"]
#   reads: [vpc_block_public_access]
#   remediation:
#     text: >-
#       Find out first which subnets need the internet (Network Access Analyzer tells what would be cut off), exclude
#       their VPCs or subnets, and then block. NAT gateways do not work either while both directions are blocked.
#     cli: |
#       aws ec2 create-vpc-block-public-access-exclusion --subnet-id SUBNET_ID \
#         --internet-gateway-exclusion-mode allow-bidirectional --region REGION
#       aws ec2 modify-vpc-block-public-access-options \
#         --internet-gateway-block-mode block-bidirectional --region REGION
#     terraform: |
#       resource "aws_vpc_block_public_access_options" "this" {
#         internet_gateway_block_mode = "block-bidirectional"
#       }
package aws.vpc.internet_gateways_blocked

deny contains {"message": message, "path": ["vpc_block_public_access"]} if {
	not _blocked
	message := "nothing holds back the traffic of internet gateways in this region"
}

_blocked if input.resource.configuration.vpc_block_public_access in {"block-bidirectional", "block-ingress"}
