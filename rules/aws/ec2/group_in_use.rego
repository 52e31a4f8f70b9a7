# METADATA
# title: Security groups are in use
# description: >-
#   A group that nothing uses is an opening that waits for somebody to pick it from the
#   list, with entries nobody has looked at for long.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   severity_reason: nothing is behind a group that nothing uses
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     prowler: ["ec2_securitygroup_not_used"]
#     security-hub: ["EC2.22"]
#   reads: [group_name, facts.in_use]
#   remediation:
#     text: >-
#       Delete the group. AWS refuses while another group's entry or an interface
#       refers to it; a launch template that names it is not asked, so look there
#       first.
#     cli: |
#       aws ec2 describe-network-interfaces --filters Name=group-id,Values=GROUP_ID
#       aws ec2 describe-security-groups --filters Name=ip-permission.group-id,Values=GROUP_ID
#       aws ec2 delete-security-group --group-id GROUP_ID
package aws.ec2.group_in_use

# no terraform: what nothing uses, or a wizard made, leaves; there is nothing to add

deny contains {"message": message, "path": ["facts", "in_use"]} if {
	input.resource.facts.in_use.value == false
	input.resource.configuration.group_name != "default"
	message := sprintf("no network interface uses %s", [input.resource.configuration.group_name])
}
