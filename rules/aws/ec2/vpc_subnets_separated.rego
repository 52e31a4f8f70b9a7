# METADATA
# title: VPCs keep public and private subnets apart
# description: >-
#   Where every subnet leads to the internet gateway, a database is one public address
#   away from the internet. Opt in: a VPC that is only private has nothing to keep
#   apart.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::EC2::VPC"]
#   controls:
#     prowler: ["vpc_subnet_separate_private_public"]
#   reads: [facts.public_subnets, facts.private_subnets]
#   remediation:
#     text: >-
#       Make subnets whose route table has no route to the internet gateway, and
#       move there what serves no strangers.
#     cli: |
#       aws ec2 create-route-table --vpc-id VPC_ID
#       aws ec2 associate-route-table --route-table-id TABLE_ID --subnet-id SUBNET_ID
package aws.ec2.vpc_subnets_separated

# no terraform: a network is laid out as a whole, not mended by one block

deny contains {"message": message, "path": ["facts", "private_subnets", "value"]} if {
	count(input.resource.facts.private_subnets.value) == 0
	public := input.resource.facts.public_subnets.value
	count(public) > 0
	message := sprintf("every subnet leads to the internet: %s", [concat(", ", public)])
}

deny contains {"message": message, "path": ["facts", "public_subnets", "value"]} if {
	count(input.resource.facts.public_subnets.value) == 0
	private := input.resource.facts.private_subnets.value
	count(private) > 0
	message := sprintf("no subnet leads to the internet: %s", [concat(", ", private)])
}
