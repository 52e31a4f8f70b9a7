# METADATA
# title: Security groups are not open to the world on any port
# description: >-
#   In networks where load balancers and gateways of their own face the internet, no
#   group needs to. Opt in where that holds: any public web server fails.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: medium
#   enabled: false
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     prowler: ["ec2_securitygroup_allow_ingress_from_internet_to_any_port"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Put a load balancer, CloudFront or API Gateway in front, and let only its
#       security group or prefix list in.
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
package aws.ec2.security_group_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	message := sprintf("%s is open to %s", [ports.what(reach), ports.world(reach)])
}
