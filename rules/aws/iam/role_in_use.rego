# METADATA
# title: Roles that nobody uses are removed
# description: >-
#   A role that was forgotten keeps its permissions and its trust. AWS keeps the last use for 400
#   days; a role that was never used counts from the day it was made. Roles that AWS owns (service-
#   linked, or made by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   enabled: false  # roles for emergencies and yearly jobs are rarely used on purpose
#   severity: low
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [path, observed.created, observed.last_used]
#   parameters:
#     role_max_unused_days: Days after which a role that nobody uses counts as forgotten
#   remediation:
#     text: >-
#       Make sure that nothing needs it (a yearly job, an emergency), then delete the role.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.RoleLastUsed
package aws.iam.role_in_use

# no terraform: what is not used or has ended leaves; there is nothing to add

import data.lib.ages
import data.lib.roles

deny contains {"message": message, "path": ["observed", "last_used"]} if {
	not _owned_by_aws
	last := input.resource.configuration.observed.last_used
	days := ages.days_between(last, input.now)
	days > data.params.role_max_unused_days
	message := sprintf("the role was last used %d days ago", [floor(days)])
}

deny contains {"message": message, "path": ["observed", "last_used"]} if {
	not _owned_by_aws
	not _used
	days := ages.days_between(input.resource.configuration.observed.created, input.now)
	days > data.params.role_max_unused_days
	message := sprintf("the role was made %d days ago and not used since, as far as AWS remembers", [floor(days)])
}

_used if input.resource.configuration.observed.last_used

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
