# METADATA
# title: UDP services that amplify are not open to the world
# description: >-
#   These services answer a small question with a large answer to whoever is named as
#   sender. Open to the world, they are used to flood others, at your cost and from your
#   address.
# related_resources:
# - ref: https://www.cisa.gov/news-events/alerts/2014/01/17/udp-based-amplification-attacks
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [facts.world_ingress]
#   parameters:
#     amplification_ports: UDP ports of services that amplify
#   remediation:
#     text: >-
#       Limit the entry to the clients' addresses. A public DNS server belongs
#       behind Route 53, or answers only for its own zones with response rate
#       limiting.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "dns" {
#         security_group_id = aws_security_group.this.id
#         ip_protocol       = "udp"
#         from_port         = 53
#         to_port           = 53
#         cidr_ipv4         = aws_vpc.this.cidr_block
#       }
package aws.ec2.amplification_ports_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	open := [port | some port in data.params.amplification_ports; ports.admits(reach, "udp", port)]
	count(open) > 0
	words := concat(", ", [sprintf("%d", [port]) | some port in open])
	message := sprintf("UDP port %s is open to %s", [words, ports.world(reach)])
}
