# METADATA
# title: NAT gateways have not failed
# description: >-
#   A gateway that failed to start takes no traffic, and AWS removes it within the hour: routes to it then lead nowhere.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::NatGateway"]
#   controls: {}
#   reads: [observed]
#   remediation:
#     text: >-
#       Correct what the failure names (no free address in the subnet, an Elastic IP address in use, no internet gateway
#       in the VPC), create another gateway and point the routes at it.
#     cli: |
#       aws ec2 describe-nat-gateways --nat-gateway-ids NAT_GATEWAY_ID \
#         --query 'NatGateways[].[State,FailureCode,FailureMessage]'
package aws.vpc.nat_gateway_works

# no terraform: a failed gateway is made anew from the same block

deny contains {"message": message, "path": ["observed", "state"]} if {
	input.resource.configuration.observed.state == "failed"
	why := object.get(input.resource.configuration.observed, "failure", "AWS gives no reason")
	message := sprintf("the gateway failed: %s", [why])
}
