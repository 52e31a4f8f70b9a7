# METADATA
# title: SSH is not open to the world
# description: >-
#   Scanners find an open SSH port within minutes, and from then on only passwords, keys and
#   patches stand between them and the machine.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     cis-5.0: ["5.3", "5.4"]
#     cis-3.0: ["5.2", "5.3"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Use Session Manager or EC2 Instance Connect, or limit the entry to the addresses of a VPN.
package aws.ec2.ssh_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	ports.admits_tcp(reach, 22)
	message := sprintf("the world reaches TCP port 22 over %s", [reach.family])
}
