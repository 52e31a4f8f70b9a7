# METADATA
# title: RDP is not open to the world
# description: >-
#   Scanners find an open RDP port within minutes, and from then on only passwords, keys and
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
#       Use Fleet Manager, or limit the entry to the addresses of a VPN.
package aws.ec2.rdp_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	ports.admits_tcp(reach, 3389)
	message := sprintf("the world reaches TCP port 3389 over %s", [reach.family])
}
