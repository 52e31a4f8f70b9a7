# METADATA
# title: Transit gateways accept attachments only after review
# description: >-
#   With automatic acceptance every account that the gateway is shared with can plug a network of its own into it, and
#   by default gets routes to all others.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::TransitGateway"]
#   controls:
#     fsbp: ["EC2.23"]
#     prowler: ["ec2_transitgateway_auto_accept_vpc_attachments"]
#   reads: [auto_accept_shared_attachments]
#   remediation:
#     text: >-
#       Turn automatic acceptance off. Attachments that exist stay; look through them for ones nobody asked for.
#     cli: |
#       aws ec2 modify-transit-gateway --transit-gateway-id TRANSIT_GATEWAY_ID \
#         --options AutoAcceptSharedAttachments=disable
#       aws ec2 describe-transit-gateway-attachments \
#         --filters Name=transit-gateway-id,Values=TRANSIT_GATEWAY_ID
#     terraform: |
#       resource "aws_ec2_transit_gateway" "this" {
#         auto_accept_shared_attachments = "disable"
#       }
package aws.vpc.transit_gateway_attachments_reviewed

deny contains {"message": message, "path": ["auto_accept_shared_attachments"]} if {
	input.resource.configuration.auto_accept_shared_attachments == true
	message := "attachments of accounts it is shared with are accepted without review"
}
