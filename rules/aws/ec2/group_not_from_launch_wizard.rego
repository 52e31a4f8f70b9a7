# METADATA
# title: Security groups are not leftovers of the launch wizard
# description: >-
#   The launch wizard's groups open SSH or RDP to the world unless somebody says
#   otherwise, and their names tell nobody what they are for.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-security-groups.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     prowler: ["ec2_securitygroup_from_launch_wizard"]
#   reads: [group_name]
#   remediation:
#     text: >-
#       Make a group with a name and entries of its own, give it to the interfaces in
#       place of this one, and delete this one. The command replaces all groups of an
#       interface: name those that are to stay as well.
#     cli: |
#       aws ec2 describe-network-interfaces --filters Name=group-id,Values=GROUP_ID
#       aws ec2 modify-network-interface-attribute --network-interface-id INTERFACE_ID \
#         --groups NEW_GROUP_ID OTHER_GROUP_IDS
#       aws ec2 delete-security-group --group-id GROUP_ID
package aws.ec2.group_not_from_launch_wizard

# no terraform: what nothing uses, or a wizard made, leaves; there is nothing to add

deny contains {"message": message, "path": ["group_name"]} if {
	startswith(input.resource.configuration.group_name, "launch-wizard-")
	message := sprintf("%s is a group of the launch wizard", [input.resource.configuration.group_name])
}
