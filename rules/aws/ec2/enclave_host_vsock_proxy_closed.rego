# METADATA
# title: The proxy to an enclave is not open to the world
# description: >-
#   Programs that carry TCP to an enclave's vsock listen on these ports by custom. Open
#   to the world, anybody talks to the enclave itself.
# related_resources:
# - ref: https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_confidential_workload_host_vsock_proxy_exposed"]
#   reads: [enclave_enabled, facts.world_reach]
#   parameters:
#     enclave_vsock_ports: TCP ports on which proxies to enclaves listen by custom, single or as ranges such as 8000-8090
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
package aws.ec2.enclave_host_vsock_proxy_closed

import data.lib.ports

_first(range) := to_number(split(range, "-")[0])

_last(range) := to_number(split(range, "-")[count(split(range, "-")) - 1])

deny contains {"message": message, "path": ["facts", "world_reach", "value", index]} if {
	input.resource.configuration.enclave_enabled == true
	some index, reach in input.resource.facts.world_reach.value
	reach.protocol in {"tcp", "all"}
	open := [range |
		some range in data.params.enclave_vsock_ports
		reach.from_port <= _last(range)
		_first(range) <= reach.to_port
	]
	count(open) > 0
	message := sprintf("TCP port %s of the enclave's host %s to %s at %s, by %s", [
		concat(", ", open), ports.is_open(reach), ports.world(reach), reach.address, concat(", ", reach.groups),
	])
}
