# METADATA
# title: Users are in a group
# description: >-
#   A user in no group has permissions of its own or none at all, and is left out when what a team
#   may do changes. Users of programs often stand alone, so this rule only judges when it is asked
#   for.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::IAM::User"]
#   controls: {}
#   reads: [groups]
#   remediation:
#     text: >-
#       Put the user into the group of its team, and move its own permissions there.
#     cli: |
#       aws iam add-user-to-group --user-name NAME --group-name GROUP
package aws.iam.user_in_group

# no terraform: which group a person belongs to hangs on the work

deny contains {"message": message, "path": ["groups"]} if {
	count(input.resource.configuration.groups) == 0
	message := "the user is in no group"
}
