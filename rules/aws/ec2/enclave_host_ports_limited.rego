# METADATA
# title: Hosts of enclaves are reached by the world on few ports only
# description: >-
#   Each service of the host that strangers can talk to is a way to what the enclave was
#   to be kept apart from.
# related_resources:
# - ref: https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_confidential_workload_host_unrestricted_ingress"]
#   reads: [enclave_enabled, facts.world_reach]
#   parameters:
#     enclave_allowed_ports: TCP ports that may be open to the world on hosts of enclaves
#   remediation:
#     text: >-
#       Take the entry out of the security group that is named, and let in only the
#       groups of those who talk to the enclave.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_vpc_security_group_ingress_rule" "clients" {
#         security_group_id            = aws_security_group.this.id
#         ip_protocol                  = "tcp"
#         from_port                    = 443
#         to_port                      = 443
#         referenced_security_group_id = aws_security_group.clients.id
#       }
package aws.ec2.enclave_host_ports_limited

import data.lib.ports

_allowed(reach) if {
	reach.protocol == "tcp"
	open := {port | some port in data.params.enclave_allowed_ports; ports.admits(reach, "tcp", port)}
	count(open) == ports.count_of(reach)
}

_allowed(reach) if reach.protocol in {"icmp", "icmpv6"}

deny contains {"message": message, "path": ["facts", "world_reach", "value", index]} if {
	input.resource.configuration.enclave_enabled == true
	some index, reach in input.resource.facts.world_reach.value
	not _allowed(reach)
	message := sprintf("%s of the enclave's host %s to %s at %s, by %s", [
		ports.what(reach), ports.is_open(reach), ports.world(reach), reach.address, concat(", ", reach.groups),
	])
}
