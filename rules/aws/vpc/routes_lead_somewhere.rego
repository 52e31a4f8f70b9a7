# METADATA
# title: Routes lead to targets that exist
# description: >-
#   Traffic to a target that is gone is dropped without a word: a NAT gateway that was deleted, a peering that ended, an
#   instance that stopped.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::RouteTable"]
#   controls: {}
#   reads: [routes]
#   remediation:
#     text: >-
#       Point the route at what took the target's place, or delete it.
#     cli: |
#       aws ec2 replace-route --route-table-id ROUTE_TABLE_ID --destination-cidr-block DESTINATION \
#         --nat-gateway-id NAT_GATEWAY_ID
#       # or, when nothing took its place:
#       aws ec2 delete-route --route-table-id ROUTE_TABLE_ID --destination-cidr-block DESTINATION
package aws.vpc.routes_lead_somewhere

# no terraform: the route leaves, or its target comes back

deny contains {"message": message, "path": ["routes", index, "state"]} if {
	some index, route in input.resource.configuration.routes
	route.state == "blackhole"
	target := object.get(route, "target", "its target")
	message := sprintf("traffic to %s is dropped: %s is gone or stopped", [route.destination, target])
}
