# METADATA
# title: Security groups admit no single public addresses
# description: >-
#   The address of somebody's home or office is given to somebody else sooner or later,
#   and the entry stays. Opt in where everybody comes in through a VPN.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     prowler: ["ec2_securitygroup_allow_ingress_from_internet_to_any_port_from_ip"]
#   reads: [facts.public_hosts]
#   remediation:
#     text: >-
#       Replace the address by a VPN or a prefix list that somebody keeps up to
#       date.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
package aws.ec2.single_public_addresses_not_admitted

# no terraform: the entry leaves the group's own block; there is nothing to add

deny contains {"message": message, "path": ["facts", "public_hosts", "value", index]} if {
	some index, host in input.resource.facts.public_hosts.value
	message := sprintf("the entry %s is for one public address", [host.entry])
}
