# METADATA
# title: Instances have one network interface
# description: >-
#   A machine with a foot in two subnets is a way between them that no route table and no network ACL
#   sees.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   enabled: false  # appliances, hosts of containers and high availability need several on purpose
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     fsbp: ["EC2.17"]
#     prowler: ["ec2_instance_uses_single_eni"]
#   reads: [network_interface_ids]
#   remediation:
#     text: >-
#       Detach the interfaces that nothing needs. Use routes, peering or endpoints to reach another
#       network.
#     cli: |
#       aws ec2 describe-network-interfaces --filters Name=attachment.instance-id,Values=ID
#       aws ec2 detach-network-interface --attachment-id ID
package aws.ec2.instance_single_interface

# no terraform: the interface leaves with its own block

deny contains {"message": message, "path": ["network_interface_ids", 1]} if {
	interfaces := input.resource.configuration.network_interface_ids
	count(interfaces) > 1
	message := sprintf("the instance has %d network interfaces: %s", [count(interfaces), concat(", ", interfaces)])
}
