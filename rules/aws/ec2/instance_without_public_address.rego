# METADATA
# title: Instances have no public IPv4 address
# description: >-
#   With a public address a machine is one wrong security group away from the internet; behind a load
#   balancer or a NAT gateway it is not.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   severity_reason: an address alone lets nobody in, it takes an open security group and a route
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     fsbp: ["EC2.9"]
#     prowler: ["ec2_instance_public_ip"]
#   reads: [facts.public_addresses]
#   remediation:
#     text: >-
#       Replace the instance by one in a private subnet, reached through a load balancer or Session
#       Manager. An Elastic IP can be taken away from a running instance; an address that came with the
#       launch goes only with a stop, and comes back with the start if the subnet gives addresses.
#     cli: |
#       aws ec2 disassociate-address --association-id ID
#       aws ec2 modify-subnet-attribute --subnet-id ID --no-map-public-ip-on-launch
#     terraform: |
#       resource "aws_instance" "this" {
#         associate_public_ip_address = false
#       }
package aws.ec2.instance_without_public_address

deny contains {"message": message, "path": ["facts", "public_addresses", "value", index]} if {
	some index, address in input.resource.facts.public_addresses.value
	address.family == "ipv4"
	message := sprintf("the instance has the public address %s%s", [address.address, _at(address)])
}

_at(address) := sprintf(", at %s", [address.interface])

_at(address) := "" if not address.interface
