# METADATA
# title: Interface endpoints stand in several zones
# description: >-
#   An endpoint with one zone takes the calls of the whole VPC with it when that zone fails.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::VPCEndpoint"]
#   controls:
#     prowler: ["vpc_endpoint_multi_az_enabled"]
#   reads: [endpoint_type, facts.zones]
#   remediation:
#     text: >-
#       Add a subnet in a second zone to the endpoint.
#     cli: |
#       aws ec2 modify-vpc-endpoint --vpc-endpoint-id VPC_ENDPOINT_ID --add-subnet-ids SUBNET_ID
#     terraform: |
#       resource "aws_vpc_endpoint" "this" {
#         subnet_ids = [aws_subnet.private_a.id, aws_subnet.private_b.id]
#       }
package aws.vpc.endpoint_in_several_zones

deny contains {"message": message, "path": ["facts", "zones"]} if {
	input.resource.configuration.endpoint_type == "Interface"
	zones := input.resource.facts.zones.value
	count(zones) < 2
	message := sprintf("the endpoint stands in %s", [_where(zones)])
}

_where(zones) := "no zone at all" if count(zones) == 0

_where(zones) := sprintf("zone %s alone", [concat(", ", zones)]) if count(zones) > 0
