# METADATA
# title: No security group is open to the world on all ports
# description: >-
#   Whatever listens on the machine, now or later, is on the internet. A range that
#   leaves out a few ports, or is split in two, is as good as all of them.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: critical
#   severity_reason: it opens every service of the machine at once, and those that come later
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     cis-3.0: ["5.2@ipv4", "5.3@ipv6"]
#     cis-5.0: ["5.3@ipv4", "5.4@ipv6"]
#     prowler: ["ec2_securitygroup_allow_ingress_from_internet_to_all_ports"]
#     security-hub: ["EC2.53@ipv4", "EC2.54@ipv6"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Name the ports that are meant, and the addresses or groups that may reach
#       them. Add the narrow entries first, then take away the wide one.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "https" {
#         security_group_id            = aws_security_group.this.id
#         ip_protocol                  = "tcp"
#         from_port                    = 443
#         to_port                      = 443
#         referenced_security_group_id = aws_security_group.clients.id
#       }
package aws.ec2.all_ports_closed_to_world

import data.lib.ports

# Of 65,536: a range for ephemeral ports, 1024 to 65535, is nearly all of them.
_nearly_all := 60000

deny contains {"message": message, "path": path, "topic": ports.topic_of(reach)} if {
	some index, reach in input.resource.facts.world_ingress.value
	reach.protocol in {"tcp", "udp", "all"}
	ports.count_of(reach) >= 1024
	open := sum([ports.count_of(other) |
		some other in input.resource.facts.world_ingress.value
		other.protocol == reach.protocol
		other.family == reach.family
	])
	open >= _nearly_all
	path := ["facts", "world_ingress", "value", index]
	message := sprintf("%s is open to %s", [ports.what(reach), ports.world(reach)])
}
