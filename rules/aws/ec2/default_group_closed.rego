# METADATA
# title: Default security groups admit nothing
# description: >-
#   What is launched without naming a group gets the default one, and with it whatever that
#   admits.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls:
#     cis-5.0: ["5.5"]
#     cis-3.0: ["5.4"]
#     fsbp: ["EC2.2"]
#   reads: [group_name, ingress, egress]
#   remediation:
#     text: >-
#       Remove all entries of the VPC's default group; give each workload a group of its own.
#     terraform: |
#       resource "aws_default_security_group" "this" {
#         vpc_id = aws_vpc.this.id
#       }
package aws.ec2.default_group_closed

deny contains {"message": message, "path": ["ingress", index]} if {
	input.resource.configuration.group_name == "default"
	some index, _ in input.resource.configuration.ingress
	message := "the default group lets traffic in"
}

deny contains {"message": message, "path": ["egress", index]} if {
	input.resource.configuration.group_name == "default"
	some index, _ in input.resource.configuration.egress
	message := "the default group lets traffic out"
}
