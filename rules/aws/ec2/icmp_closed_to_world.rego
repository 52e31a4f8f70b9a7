# METADATA
# title: ICMP is not open to the world in all types
# description: >-
#   Redirects and timestamps help those who look around; echo and unreachable are enough
#   for a network to work. Opt in where that matters.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Admit echo requests (type 8, ICMPv6 128), unreachable (3; 1) and, for
#       ICMPv6, packet too big (2), and nothing else.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "unreachable" {
#         security_group_id = aws_security_group.this.id
#         ip_protocol       = "icmp"
#         from_port         = 3
#         to_port           = -1
#         cidr_ipv4         = "0.0.0.0/0"
#       }
package aws.ec2.icmp_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	reach.protocol in {"icmp", "icmpv6", "all"}
	ports.count_of(reach) == 65536
	message := sprintf("%s is open to %s in all types", [reach.protocol, ports.world(reach)])
}
