# METADATA
# title: VPCs have the interface endpoints they need
# description: >-
#   Calls to AWS then stay inside the network, and instances without a way to the internet can make them. Each endpoint
#   costs money in each zone, so that the rule judges only when asked.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   severity_reason: without endpoint the calls go over TLS to AWS all the same
#   enabled: false
#   resource_types: ["AWS::EC2::VPC"]
#   controls:
#     fsbp:
#     - EC2.10@ec2
#     - EC2.55@ecr-api
#     - EC2.56@ecr-dkr
#     - EC2.57@ssm
#     - EC2.58@ssm-contacts
#     - EC2.60@ssm-incidents
#     prowler: ["vpc_endpoint_for_ec2_enabled@ec2"]
#   reads: [facts.interface_endpoints]
#   parameters:
#     required_endpoint_services: >-
#       Services that each VPC needs an interface endpoint for, by the part of the service name after the region
#   remediation:
#     text: >-
#       Create the endpoint in a subnet of each zone in use, with private DNS and a security group that admits HTTPS
#       from the VPC. VPCs that reach endpoints in another VPC over a transit gateway deserve a waiver.
#     cli: |
#       aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --private-dns-enabled --vpc-id VPC_ID \
#         --service-name com.amazonaws.REGION.SERVICE --subnet-ids SUBNET_ID_A SUBNET_ID_B \
#         --security-group-ids GROUP_ID
#     terraform: |
#       resource "aws_vpc_endpoint" "ec2" {
#         vpc_id              = aws_vpc.this.id
#         service_name        = "com.amazonaws.${data.aws_region.this.region}.ec2"
#         vpc_endpoint_type   = "Interface"
#         private_dns_enabled = true
#         subnet_ids          = aws_subnet.private[*].id
#         security_group_ids  = [aws_security_group.endpoints.id]
#       }
package aws.vpc.required_endpoints_present

deny contains {"message": message, "path": ["facts", "interface_endpoints"], "topic": topic} if {
	some service in data.params.required_endpoint_services
	not _present(service)
	topic := replace(service, ".", "-")
	message := sprintf("the VPC has no available interface endpoint for %s", [service])
}

_present(service) if service in input.resource.facts.interface_endpoints.value
