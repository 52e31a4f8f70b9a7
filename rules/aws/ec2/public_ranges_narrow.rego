# METADATA
# title: Security groups name no wide public ranges
# description: >-
#   A public range that is not the world still holds thousands of strangers. Addresses
#   are counted by union on each port, so that a range split in pieces counts as a
#   whole, and IPv6 in networks of /48, as one site has; what is open to the world has
#   rules of its own, and AWS's prefix lists are left aside.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     prowler: ["ec2_securitygroup_allow_wide_open_public_ipv4@ipv4"]
#   reads: [facts.public_ranges]
#   parameters:
#     public_range_max_addresses: How many public IPv4 addresses a port may be open to, short of the world; 256 is a /24
#     public_range_max_ipv6_networks: How many public IPv6 networks of /48 a port may be open to, short of the world
#   remediation:
#     text: >-
#       Name the addresses that the partner or office really has, in a prefix list
#       of your own, and leave out the rest of the block.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_ec2_managed_prefix_list" "partner" {
#         name           = "partner"
#         address_family = "IPv4"
#         max_entries    = 5
#         entry {
#           cidr        = "198.51.100.16/28"
#           description = "VPN exits"
#         }
#       }
package aws.ec2.public_ranges_narrow

import data.lib.ports

_way := {"ingress": "from", "egress": "to"}

_most := {
	"ipv4": data.params.public_range_max_addresses,
	"ipv6": data.params.public_range_max_ipv6_networks,
}

_counted := {"ipv4": "public addresses", "ipv6": "public IPv6 networks of /48"}

deny contains {"message": message, "path": path, "topic": ports.topic_of(range)} if {
	some index, range in input.resource.facts.public_ranges.value
	range.addresses > _most[range.family]
	path := ["facts", "public_ranges", "value", index]
	message := sprintf("%s is open %s %d %s: %s", [
		ports.what(range), _way[range.direction], range.addresses, _counted[range.family],
		concat(", ", range.sources),
	])
}
