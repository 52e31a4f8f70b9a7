# METADATA
# title: Endpoint services accept connections of other accounts only after review
# description: >-
#   Without acceptance, everyone in an allowed account who can create an endpoint decides what gets connected.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::VPCEndpointService"]
#   controls: {}
#   reads: [acceptance_required, facts.outsiders]
#   remediation:
#     text: >-
#       Require acceptance. Connections that exist stay; look through them for ones nobody expects.
#     cli: |
#       aws ec2 modify-vpc-endpoint-service-configuration --service-id SERVICE_ID --acceptance-required
#       aws ec2 describe-vpc-endpoint-connections --filters Name=service-id,Values=SERVICE_ID
#     terraform: |
#       resource "aws_vpc_endpoint_service" "this" {
#         acceptance_required = true
#       }
package aws.vpc.endpoint_service_connections_reviewed

deny contains {"message": message, "path": ["acceptance_required"]} if {
	not _reviewed
	names := [outsider.name | some outsider in input.resource.facts.outsiders.value]
	count(names) > 0
	message := sprintf("connections of %s are accepted without review", [concat(", ", names)])
}

_reviewed if input.resource.configuration.acceptance_required == true
