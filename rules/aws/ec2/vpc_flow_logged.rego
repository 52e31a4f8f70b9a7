# METADATA
# title: VPCs record their traffic
# description: >-
#   Without flow logs nobody can tell afterwards what an intruder reached or sent out.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::VPC"]
#   controls:
#     cis-5.0: ["3.7"]
#     cis-3.0: ["3.7"]
#     fsbp: ["EC2.6"]
#   reads: [facts.flow_logged]
#   remediation:
#     text: >-
#       Create a flow log for the VPC that records at least rejected traffic.
#     terraform: |
#       resource "aws_flow_log" "this" {
#         vpc_id               = aws_vpc.this.id
#         traffic_type         = "REJECT"
#         log_destination_type = "s3"
#         log_destination      = aws_s3_bucket.logs.arn
#       }
package aws.ec2.vpc_flow_logged

deny contains {"message": message, "path": ["facts", "flow_logged"]} if {
	input.resource.facts.flow_logged.value == false
	message := "no active flow log records the VPC"
}
