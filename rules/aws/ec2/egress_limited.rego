# METADATA
# title: Security groups do not let everything out to the world
# description: >-
#   Whoever gets into a machine fetches tools and sends data out; an egress list is what
#   stands in the way. Opt in: AWS makes every group with egress open to everywhere.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [facts.world_egress]
#   remediation:
#     text: >-
#       Let out what the workload needs: HTTPS, its databases' groups, the prefix
#       lists of the gateway endpoints. Add these entries before the wide one goes.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-egress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_egress_rule" "https" {
#         security_group_id = aws_security_group.this.id
#         ip_protocol       = "tcp"
#         from_port         = 443
#         to_port           = 443
#         cidr_ipv4         = "0.0.0.0/0"
#       }
package aws.ec2.egress_limited

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_egress", "value", index]} if {
	some index, reach in input.resource.facts.world_egress.value
	reach.protocol in {"tcp", "all"}
	ports.count_of(reach) >= 60000
	message := sprintf("%s may leave to %s", [ports.what(reach), ports.world(reach)])
}
