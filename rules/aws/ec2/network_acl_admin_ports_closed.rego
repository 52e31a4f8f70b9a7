# METADATA
# title: Network ACLs keep the world from administration ports
# description: >-
#   A network ACL is the second wall; where it admits SSH and RDP from everywhere, one
#   wrong security group is enough. Default ACLs count as well (Security Hub leaves them
#   aside), and so does UDP, by which RDP goes too.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::NetworkAcl"]
#   controls:
#     cis-3.0: ["5.1"]
#     cis-5.0: ["5.2"]
#     fsbp: ["EC2.21@ssh", "EC2.21@rdp"]
#     prowler:
#       - "ec2_networkacl_allow_ingress_tcp_port_22@ssh"
#       - "ec2_networkacl_allow_ingress_tcp_port_22@ssh-default"
#       - "ec2_networkacl_allow_ingress_tcp_port_3389@rdp"
#       - "ec2_networkacl_allow_ingress_tcp_port_3389@rdp-default"
#   reads: [is_default, facts.world_ingress]
#   remediation:
#     text: >-
#       Deny TCP and UDP 22 and 3389 from 0.0.0.0/0 and ::/0 with a number below the
#       entries that allow; entries for a VPN that must stay open go below that. Answers to
#       connections from inside use ports from 1024 up, so that a deny of 3389 can
#       cost a connection in sixty thousand.
#     cli: |
#       aws ec2 create-network-acl-entry --network-acl-id ACL_ID --ingress --rule-number 50 --protocol tcp \
#         --port-range From=22,To=22 --cidr-block 0.0.0.0/0 --rule-action deny
#       aws ec2 create-network-acl-entry --network-acl-id ACL_ID --ingress --rule-number 51 --protocol tcp \
#         --port-range From=3389,To=3389 --cidr-block 0.0.0.0/0 --rule-action deny
#       aws ec2 create-network-acl-entry --network-acl-id ACL_ID --ingress --rule-number 52 --protocol udp \
#         --port-range From=3389,To=3389 --cidr-block 0.0.0.0/0 --rule-action deny
#     terraform: |
#       resource "aws_network_acl_rule" "no_ssh" {
#         network_acl_id = aws_network_acl.this.id
#         rule_number    = 50
#         rule_action    = "deny"
#         protocol       = "tcp"
#         from_port      = 22
#         to_port        = 22
#         cidr_block     = "0.0.0.0/0"
#       }
package aws.ec2.network_acl_admin_ports_closed

import data.lib.ports

_ports := {"ssh": 22, "rdp": 3389}

deny contains {"message": message, "path": path, "topic": topic} if {
	some index, reach in input.resource.facts.world_ingress.value
	some service, port in _ports
	protocol := _protocol(reach)
	ports.admits(reach, protocol, port)
	path := ["facts", "world_ingress", "value", index]
	topic := _topic(service, protocol)
	message := sprintf("%s port %d (%s) is let in from %s", [
		upper(protocol), port, upper(service), ports.world(reach),
	])
}

# What is open to every protocol is told once, as TCP.
_protocol(reach) := "tcp" if reach.protocol in {"tcp", "all"}

_protocol(reach) := "udp" if reach.protocol == "udp"

# The controls of Security Hub and Prowler are about TCP, and Security Hub's not about default ACLs.
_topic(_, "udp") := "udp"

_topic(service, "tcp") := service if not _is_default

_topic(service, "tcp") := sprintf("%s-default", [service]) if _is_default

_is_default if input.resource.configuration.is_default == true
