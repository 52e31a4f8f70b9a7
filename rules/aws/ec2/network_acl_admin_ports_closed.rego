# METADATA
# title: Network ACLs keep the world from administration ports
# description: >-
#   A network ACL is the second wall; where it admits SSH and RDP from everywhere, one wrong
#   security group is enough.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::NetworkAcl"]
#   controls:
#     cis-5.0: ["5.2"]
#     cis-3.0: ["5.1"]
#     fsbp: ["EC2.21"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Deny TCP 22 and 3389 from 0.0.0.0/0 and ::/0 with a number below the entries that allow.
package aws.ec2.network_acl_admin_ports_closed

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	some port in [22, 3389]
	ports.admits_tcp(reach, port)
	message := sprintf("the world passes to TCP port %d over %s", [port, reach.family])
}
