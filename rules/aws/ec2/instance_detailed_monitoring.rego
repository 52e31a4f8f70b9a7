# METADATA
# title: Instances are measured every minute
# description: >-
#   With metrics of five minutes, an alarm comes up to ten minutes after the trouble.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html
# custom:
#   enabled: false  # costs money for each instance, and says nothing about who can get in
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_instance_detailed_monitoring_enabled"]
#   reads: [detailed_monitoring]
#   remediation:
#     text: Turn on detailed monitoring where an alarm or a scaling policy depends on it.
#     cli: |
#       aws ec2 monitor-instances --instance-ids ID
#     terraform: |
#       resource "aws_instance" "this" {
#         monitoring = true
#       }
package aws.ec2.instance_detailed_monitoring

deny contains {"message": message, "path": ["detailed_monitoring"]} if {
	not _detailed
	message := "metrics come every five minutes"
}

_detailed if input.resource.configuration.detailed_monitoring == true
