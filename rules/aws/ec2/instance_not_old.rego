# METADATA
# title: Instances are replaced regularly
# description: >-
#   What runs for half a year was patched by hand or not at all; machines that are replaced from an
#   image cannot drift that far.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   enabled: false  # how long a machine may run is a matter of how it is operated
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_instance_older_than_specific_days"]
#   reads: [observed.state, observed.launched]
#   parameters:
#     instance_max_age_days: Days that an instance may run since its last start
#   remediation:
#     text: >-
#       Launch a successor from a current image and terminate the old one; in an auto scaling group an
#       instance refresh does both, a few machines at a time.
#     cli: |
#       aws autoscaling start-instance-refresh --auto-scaling-group-name NAME
package aws.ec2.instance_not_old

# no terraform: an instance refresh is an action, not a declaration

import data.lib.ages

deny contains {"message": message, "path": ["observed", "launched"]} if {
	input.resource.configuration.observed.state == "running"
	since := input.resource.configuration.observed.launched
	days := ages.days_between(since, input.now)
	days > data.params.instance_max_age_days
	message := sprintf("the instance runs since %s, for %d days", [substring(since, 0, 10), floor(days)])
}
