# METADATA
# title: Subnets give no public addresses by themselves
# description: >-
#   A machine that is launched without thinking of it should not be on the internet.
#   Where a public address is meant, it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Subnet"]
#   controls:
#     fsbp: ["EC2.15"]
#     prowler: ["vpc_subnet_no_public_ip_by_default"]
#   reads: [map_public_ip_on_launch]
#   remediation:
#     text: >-
#       Switch the setting off; instances that run keep their addresses. Load
#       balancers and NAT gateways are not touched by it. Auto Scaling groups that
#       rely on it must ask in their launch template.
#     cli: |
#       aws ec2 modify-subnet-attribute --subnet-id SUBNET_ID --no-map-public-ip-on-launch
#     terraform: |
#       resource "aws_subnet" "this" {
#         vpc_id                  = aws_vpc.this.id
#         cidr_block              = "10.20.0.0/20"
#         map_public_ip_on_launch = false
#       }
package aws.ec2.subnet_without_public_addresses

deny contains {"message": message, "path": ["map_public_ip_on_launch"]} if {
	input.resource.configuration.map_public_ip_on_launch == true
	message := "each instance that is launched in the subnet gets a public IPv4 address"
}
