# METADATA
# title: VPCs have subnets in several availability zones
# description: >-
#   What stands in one zone falls with it. Opt in: a VPC for tests may well have one.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::EC2::VPC"]
#   controls:
#     prowler: ["vpc_subnet_different_az"]
#   reads: [facts.zones]
#   remediation:
#     text: >-
#       Add a subnet in another zone, and spread load balancers, databases and Auto
#       Scaling groups over both.
#     cli: |
#       aws ec2 create-subnet --vpc-id VPC_ID --cidr-block CIDR --availability-zone ZONE
package aws.ec2.vpc_spans_zones

# no terraform: a network is laid out as a whole, not mended by one block

deny contains {"message": message, "path": ["facts", "zones", "value"]} if {
	count(input.resource.facts.zones.value) == 1
	message := sprintf("all subnets of the VPC are in %s", [input.resource.facts.zones.value[0]])
}
