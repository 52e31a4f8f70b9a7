# METADATA
# title: Default security groups admit nothing
# description: >-
#   What is launched without naming a group gets the default one, and with it whatever
#   that admits.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   severity_reason: it does harm only where somebody forgets to name a group, and what it opens to the world fails the rules on ports
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     cis-3.0: ["5.4"]
#     cis-5.0: ["5.5"]
#     fsbp: ["EC2.2"]
#     prowler: ["ec2_securitygroup_default_restrict_traffic"]
#   reads: [group_name, ingress, egress]
#   remediation:
#     text: >-
#       Give each workload that uses the default group one of its own first, then
#       remove all entries of the default one; it cannot be deleted.
#     cli: |
#       aws ec2 describe-network-interfaces --filters Name=group-id,Values=GROUP_ID
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#       aws ec2 revoke-security-group-egress --group-id GROUP_ID --security-group-rule-ids RULE_ID
#     terraform: |
#       resource "aws_default_security_group" "this" {
#         vpc_id = aws_vpc.this.id
#       }
package aws.ec2.default_group_closed

_peer(entry) := [peer |
	some name in ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "group_id"]
	peer := object.get(entry, name, "")
	peer != ""
][0]

_what(entry) := "all traffic" if entry.protocol in {"all", "-1"}

_what(entry) := entry.protocol if {
	entry.protocol != "all"
	entry.protocol != "-1"
}

deny contains {"message": message, "path": ["ingress", index]} if {
	input.resource.configuration.group_name == "default"
	some index, entry in input.resource.configuration.ingress
	message := sprintf("the default group lets in %s from %s", [_what(entry), _peer(entry)])
}

deny contains {"message": message, "path": ["egress", index]} if {
	input.resource.configuration.group_name == "default"
	some index, entry in input.resource.configuration.egress
	message := sprintf("the default group lets out %s to %s", [_what(entry), _peer(entry)])
}
