# METADATA
# title: Internet gateways are attached to a VPC
# description: >-
#   One that is left over is attached to the wrong network with a single click, and counts against the quota.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::InternetGateway"]
#   controls: {}
#   reads: [vpc_ids]
#   remediation:
#     text: >-
#       Delete the gateway. AWS refuses to delete one that is attached.
#     cli: |
#       aws ec2 delete-internet-gateway --internet-gateway-id INTERNET_GATEWAY_ID
package aws.vpc.internet_gateway_attached

# no terraform: a gateway that nothing uses leaves the configuration

deny contains {"message": message, "path": ["vpc_ids"]} if {
	count(input.resource.configuration.vpc_ids) == 0
	message := "the gateway is attached to no VPC"
}
