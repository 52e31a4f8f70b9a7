# METADATA
# title: No security group is open to the world on all ports
# description: >-
#   Whatever listens on the machine, now or later, is on the internet.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: critical
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     cis-5.0: ["5.3", "5.4"]
#     cis-3.0: ["5.2", "5.3"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Name the ports that are meant, and the addresses or groups that may reach them.
package aws.ec2.all_ports_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	ports.admits_all(reach)
	message := sprintf("the world reaches all ports (protocol %s) over %s", [reach.protocol, reach.family])
}
