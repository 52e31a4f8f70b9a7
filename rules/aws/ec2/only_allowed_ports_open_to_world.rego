# METADATA
# title: Only allowed ports are open to the world
# description: >-
#   What the world may reach should be a decision. A port outside of the list is open by
#   accident, or somebody should add it.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     fsbp: ["EC2.18"]
#   reads: [facts.world_ingress]
#   parameters:
#     allowed_public_ports: TCP ports that may be open to the world
#     allowed_public_udp_ports: UDP ports that may be open to the world
#   remediation:
#     text: >-
#       Limit the entry to the addresses or groups that need it, or, when the
#       service is meant for everyone, add its port to the parameter
#       allowed_public_ports.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "service" {
#         security_group_id            = aws_security_group.this.id
#         ip_protocol                  = "tcp"
#         from_port                    = 8443
#         to_port                      = 8443
#         referenced_security_group_id = aws_security_group.clients.id
#       }
package aws.ec2.only_allowed_ports_open_to_world

import data.lib.ports

# One port that is open and allowed is cut out of its range; what is left is not allowed.
_allowed(reach) if {
	reach.protocol == "tcp"
	open := [port | some port in data.params.allowed_public_ports; ports.admits(reach, "tcp", port)]
	count({port | some port in open}) == ports.count_of(reach)
}

_allowed(reach) if {
	reach.protocol == "udp"
	open := [port | some port in data.params.allowed_public_udp_ports; ports.admits(reach, "udp", port)]
	count({port | some port in open}) == ports.count_of(reach)
}

_allowed(reach) if reach.protocol in {"icmp", "icmpv6"}

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	not _allowed(reach)
	message := sprintf("%s is open to %s", [ports.what(reach), ports.world(reach)])
}
