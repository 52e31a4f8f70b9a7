# METADATA
# title: Databases and other risky ports are not open to the world
# description: >-
#   Services on these ports were not made for the internet; many ask for no password at all.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     fsbp: ["EC2.19"]
#   reads: [facts.world_ingress]
#   parameters:
#     high_risk_ports: TCP ports that must not be open to the world
#   remediation:
#     text: >-
#       Let in the security groups of the clients instead of addresses.
package aws.ec2.high_risk_ports_closed_to_world

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	open := [sprintf("%d", [port]) | some port in data.params.high_risk_ports; ports.admits_tcp(reach, port)]
	count(open) > 0
	message := sprintf("the world reaches TCP ports %s over %s", [concat(", ", open), reach.family])
}
