# METADATA
# title: Launch templates give no public addresses
# description: >-
#   A template decides for every machine that is ever made of it: with a public address in it, each of
#   them stands on the internet whatever its subnet says.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   severity_reason: an address alone lets nobody in, it takes an open security group and a route
#   resource_types: ["AWS::EC2::LaunchTemplate"]
#   controls:
#     fsbp: ["EC2.25"]
#     prowler: ["ec2_launch_template_no_public_ip"]
#   reads: [network_interfaces]
#   remediation:
#     text: >-
#       Make a version of the template whose interfaces have no public address, make it the default,
#       and replace the instances. Running ones keep their address.
#     cli: |
#       aws ec2 create-launch-template-version --launch-template-id ID --source-version N --launch-template-data '{"NetworkInterfaces":[{"DeviceIndex":0,"AssociatePublicIpAddress":false}]}'  # takes the place of all interfaces: name their groups and subnets too
#       aws ec2 modify-launch-template --launch-template-id ID --default-version M
#     terraform: |
#       resource "aws_launch_template" "this" {
#         network_interfaces {
#           associate_public_ip_address = false
#         }
#         update_default_version = true
#       }
package aws.ec2.launch_template_without_public_address

deny contains {"message": message, "path": ["network_interfaces", index, "associate_public_ip_address"]} if {
	some index, interface in input.resource.configuration.network_interfaces
	interface.associate_public_ip_address == true
	message := sprintf("network interface %d of the default version gets a public address", [index])
}
