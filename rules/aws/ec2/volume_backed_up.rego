# METADATA
# title: Volumes in use are covered by AWS Backup
# description: >-
#   A backup that a plan makes, in a vault with a policy of its own, survives whoever can delete
#   volumes and their snapshots.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   enabled: false  # backups are made with other tools too, and not every volume holds data
#   severity: low
#   resource_types: ["AWS::EC2::Volume"]
#   controls:
#     security-hub: ["EC2.28"]
#     prowler: ["ec2_ebs_volume_protected_by_backup_plan"]
#   reads: [instance_ids, facts.backup_protected]
#   remediation:
#     text: >-
#       Tag the volume, or its instance, so that a selection of a backup plan takes it up; waive those
#       that can be made anew.
#     cli: |
#       aws backup list-backup-plans
#       aws backup list-backup-selections --backup-plan-id ID
#     terraform: |
#       resource "aws_backup_selection" "volumes" {
#         name         = "volumes"
#         plan_id      = aws_backup_plan.this.id
#         iam_role_arn = aws_iam_role.backup.arn
#         selection_tag {
#           type  = "STRINGEQUALS"
#           key   = "backup"
#           value = "daily"
#         }
#       }
package aws.ec2.volume_backed_up

deny contains {"message": message, "path": ["facts", "backup_protected"]} if {
	count(input.resource.configuration.instance_ids) > 0
	input.resource.facts.backup_protected.value == false
	message := "AWS Backup has backed up neither the volume nor an instance it is attached to"
}
