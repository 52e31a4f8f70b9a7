# METADATA
# title: Endpoint policies let only trusted accounts through
# description: >-
#   An endpoint reaches the service of the whole region. If its policy lets anybody's credentials through, which the
#   default does, an intruder in the VPC can carry data into an account of his own past every firewall.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::VPCEndpoint"]
#   controls:
#     prowler: ["vpc_endpoint_connections_trust_boundaries"]
#   reads: [facts.outsiders]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#     trusted_organizations: Ids of other organizations that may be let in
#   remediation:
#     text: >-
#       Limit the policy to principals of the organization or of named accounts. What is downloaded without credentials,
#       such as packages of Amazon Linux from S3, needs a statement of its own for exactly those buckets.
#     cli: |
#       aws ec2 modify-vpc-endpoint --vpc-endpoint-id VPC_ENDPOINT_ID --policy-document '{
#         "Version": "2012-10-17",
#         "Statement": [{
#           "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
#           "Condition": {"StringEquals": {"aws:PrincipalOrgID": "ORGANIZATION_ID"}}
#         }]
#       }'
#     terraform: |
#       resource "aws_vpc_endpoint" "this" {
#         policy = jsonencode({
#           Version = "2012-10-17"
#           Statement = [{
#             Effect    = "Allow"
#             Principal = "*"
#             Action    = "*"
#             Resource  = "*"
#             Condition = { StringEquals = { "aws:PrincipalOrgID" = data.aws_organizations_organization.this.id } }
#           }]
#         })
#       }
package aws.vpc.endpoint_policy_admits_trusted_only

deny contains {"message": message, "path": ["facts", "outsiders", "value", index]} if {
	some index, outsider in input.resource.facts.outsiders.value
	not _trusted(outsider)
	message := _message(outsider)
}

# The fact leaves the own organization aside, and waits while that is not known.
_trusted(outsider) if {
	outsider.who == "organization"
	split(outsider.name, "/")[0] in data.params.trusted_organizations
}

_trusted(outsider) if outsider.account in data.params.trusted_accounts

_message(outsider) := "the policy lets everybody's credentials through" if outsider.who == "everyone"

_message(outsider) := sprintf("the policy lets credentials of %s through", [outsider.name]) if {
	outsider.who != "everyone"
}
