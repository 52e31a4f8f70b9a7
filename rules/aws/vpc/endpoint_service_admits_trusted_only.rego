# METADATA
# title: Endpoint services may be used by trusted accounts only
# description: >-
#   Whoever may connect to the service stands in front of its load balancer as if inside the network.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::VPCEndpointService"]
#   controls:
#     prowler: ["vpc_endpoint_services_allowed_principals_trust_boundaries"]
#   reads: [facts.outsiders]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Remove the principal, and reject the connections it has; or add its account to the parameter trusted_accounts.
#     cli: |
#       aws ec2 modify-vpc-endpoint-service-permissions --service-id SERVICE_ID \
#         --remove-allowed-principals PRINCIPAL_ARN
#       aws ec2 describe-vpc-endpoint-connections --filters Name=service-id,Values=SERVICE_ID
#     terraform: |
#       resource "aws_vpc_endpoint_service" "this" {
#         acceptance_required = true
#         allowed_principals  = ["arn:aws:iam::111122223333:root"]
#       }
package aws.vpc.endpoint_service_admits_trusted_only

deny contains {"message": message, "path": ["facts", "outsiders", "value", index]} if {
	some index, outsider in input.resource.facts.outsiders.value
	not _trusted(outsider)
	message := _message(outsider)
}

_trusted(outsider) if outsider.account in data.params.trusted_accounts

_message(outsider) := "every AWS account may connect to the service" if outsider.name == "*"

_message(outsider) := sprintf("%s may connect to the service", [outsider.name]) if outsider.name != "*"
