# METADATA
# title: VPCs record their traffic
# description: >-
#   Without flow logs nobody can tell afterwards what an intruder reached or sent out. A
#   log of accepted traffic alone does not show who knocked.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   severity_reason: a missing log does no harm and lets nobody in, it costs the traces of one who came
#   resource_types: ["AWS::EC2::VPC"]
#   controls:
#     cis-3.0: ["3.7"]
#     cis-5.0: ["3.7"]
#     fsbp: ["EC2.6"]
#     prowler: ["vpc_flow_logs_enabled"]
#   reads: [facts.flow_logged]
#   remediation:
#     text: >-
#       Create a flow log for the VPC that records at least rejected traffic.
#     cli: |
#       aws ec2 create-flow-logs --resource-type VPC --resource-ids VPC_ID --traffic-type REJECT \
#         --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET
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
	message := "no active flow log records the VPC's rejected traffic"
}
