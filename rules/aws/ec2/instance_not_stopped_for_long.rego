# METADATA
# title: Stopped instances are removed after a while
# description: >-
#   A stopped instance keeps its disk, its role and its open ports but gets no patches; started after
#   months, it is the weakest machine of the network.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   severity_reason: a stopped machine does no harm until somebody starts it
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     fsbp: ["EC2.4"]
#     prowler: ["ec2_instance_stopped_older_than_specific_days"]
#   reads: [observed.state, observed.stopped_since]
#   parameters:
#     stopped_instance_max_days: Days that an instance may stay stopped
#   remediation:
#     text: >-
#       Keep what is needed of its disks as a snapshot or an image, and terminate the instance. Disks
#       without deletion on termination stay behind and have to be deleted by themselves.
#     cli: |
#       aws ec2 create-image --instance-id ID --name NAME
#       aws ec2 terminate-instances --instance-ids ID  # cannot be undone: only after the image is available
package aws.ec2.instance_not_stopped_for_long

# no terraform: whether an instance is stopped is not declared

import data.lib.ages

deny contains {"message": message, "path": ["observed", "stopped_since"]} if {
	input.resource.configuration.observed.state == "stopped"
	since := input.resource.configuration.observed.stopped_since
	days := ages.days_between(since, input.now)
	days > data.params.stopped_instance_max_days
	message := sprintf("the instance has been stopped since %s, for %d days", [substring(since, 0, 10), floor(days)])
}
