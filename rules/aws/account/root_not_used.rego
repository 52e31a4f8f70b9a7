# METADATA
# title: The root user is not used
# description: >-
#   No policy limits root and many people may share it, so that nothing in the logs says who it was.
#   A sign-in that nobody announced is either a habit to break or an intruder.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-tasks.html
# custom:
#   severity: medium
#   severity_reason: >-
#     What root does is beyond every limit, and each use shows the credentials to a browser or a
#     script; the retired control IAM.20 was about an alarm only.
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.6"]
#     cis-3.0: ["1.7"]
#     security-hub: ["IAM.20"]
#     prowler: [iam_avoid_root_usage]
#   reads: [observed.root_last_used]
#   parameters:
#     root_unused_days: Days, today among them, in which root must not have been used
#   remediation:
#     text: >-
#       Find out in CloudTrail who used root and what for. Give daily work a role, keep root for the
#       few tasks that only root can do, and waive this rule for a few days after such a task.
#     cli: |
#       aws cloudtrail lookup-events --region us-east-1 --max-items 50 \
#         --lookup-attributes AttributeKey=Username,AttributeValue=root
package aws.account.root_not_used

# no terraform: what root signs in with is changed by root alone, signed in

import data.lib.ages

deny contains {"message": message, "path": ["observed", "root_last_used"]} if {
	used := input.resource.configuration.observed.root_last_used
	ages.days_between(used, input.now) < data.params.root_unused_days
	message := sprintf("the root user was used on %s, within the last %d days", [
		substring(used, 0, 10),
		data.params.root_unused_days,
	])
}
