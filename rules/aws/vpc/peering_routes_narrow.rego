# METADATA
# title: Routes through a peering connection are narrower than the other VPC
# description: >-
#   A route to the subnets that are needed keeps an intruder in one VPC from everything in the other.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/peering/peering-configurations-partial-access.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::VPCPeeringConnection"]
#   controls:
#     cis-5.0: ["5.6"]
#     cis-3.0: ["5.5"]
#     prowler: ["vpc_peering_routing_tables_with_least_privilege"]
#   reads: [facts.wide_routes]
#   remediation:
#     text: >-
#       Add routes to the subnets that are needed, then delete the wide one: the narrow routes take over at once.
#     cli: |
#       aws ec2 create-route --route-table-id ROUTE_TABLE_ID --destination-cidr-block SUBNET_RANGE \
#         --vpc-peering-connection-id PEERING_ID
#       aws ec2 delete-route --route-table-id ROUTE_TABLE_ID --destination-cidr-block WIDE_RANGE
#     terraform: |
#       resource "aws_route" "peer_data" {
#         route_table_id            = aws_route_table.private.id
#         destination_cidr_block    = "10.40.16.0/20"
#         vpc_peering_connection_id = aws_vpc_peering_connection.this.id
#       }
package aws.vpc.peering_routes_narrow

deny contains {"message": message, "path": ["facts", "wide_routes", "value", index]} if {
	some index, wide in input.resource.facts.wide_routes.value
	destinations := concat(" and ", wide.destinations)
	message := sprintf("%s routes %s here, the whole of %s", [wide.route_table, destinations, wide.range])
}
