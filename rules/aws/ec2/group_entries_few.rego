# METADATA
# title: Security groups have few entries
# description: >-
#   Nobody can tell what a group with hundreds of entries admits, and each of them is
#   judged for each packet. Each range, list and group counts as one entry, as in AWS's
#   quota.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     prowler: ["ec2_securitygroup_with_many_ingress_egress_rules"]
#   reads: [ingress, egress]
#   parameters:
#     security_group_max_entries: How many entries a group may have in each direction
#   remediation:
#     text: >-
#       Gather the ranges in a prefix list, name groups instead of addresses, and
#       take out what others cover (see aws-ec2-entries-not-shadowed).
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "partners" {
#         security_group_id = aws_security_group.this.id
#         ip_protocol       = "tcp"
#         from_port         = 443
#         to_port           = 443
#         prefix_list_id    = aws_ec2_managed_prefix_list.partners.id
#       }
package aws.ec2.group_entries_few

# no cli: which entries can be merged hangs on what they are for

deny contains {"message": message, "path": ["ingress"]} if {
	entries := count(input.resource.configuration.ingress)
	entries > data.params.security_group_max_entries
	message := sprintf("%d entries let traffic in; at most %d", [entries, data.params.security_group_max_entries])
}

deny contains {"message": message, "path": ["egress"]} if {
	entries := count(input.resource.configuration.egress)
	entries > data.params.security_group_max_entries
	message := sprintf("%d entries let traffic out; at most %d", [entries, data.params.security_group_max_entries])
}
