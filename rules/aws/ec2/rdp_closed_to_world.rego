# METADATA
# title: RDP is not open to the world
# description: >-
#   Scanners find an open RDP port within minutes, and from then on only passwords, keys
#   and patches stand between them and the machine.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: high
#   severity_reason: a group by itself is no machine; where an instance is reached, aws-ec2-instance-ports-closed-to-world is critical
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     cis-3.0: ["5.2@ipv4", "5.3@ipv6"]
#     cis-5.0: ["5.3@ipv4", "5.4@ipv6"]
#     fsbp: ["EC2.19"]
#     prowler: ["ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389"]
#     security-hub: ["EC2.14", "EC2.53@ipv4", "EC2.54@ipv6"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Use Session Manager or Fleet Manager, or limit the entry to the addresses of
#       a VPN. Sessions that are open stay open when the entry goes; new ones are
#       refused.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "admin" {
#         security_group_id = aws_security_group.this.id
#         ip_protocol       = "tcp"
#         from_port         = 3389
#         to_port           = 3389
#         prefix_list_id    = aws_ec2_managed_prefix_list.vpn.id
#       }
package aws.ec2.rdp_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": path, "topic": ports.topic_of(reach)} if {
	some index, reach in input.resource.facts.world_ingress.value
	ports.admits_any_of(reach, {"tcp", "udp"}, 3389)
	path := ["facts", "world_ingress", "value", index]
	message := sprintf("port 3389 (RDP) is open to %s", [ports.world(reach)])
}
