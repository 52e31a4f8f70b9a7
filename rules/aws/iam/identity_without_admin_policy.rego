# METADATA
# title: Users, groups and roles have no policy with full administration attached
# description: >-
#   Whoever takes over such an identity, or joins such a group, has taken over the account. Several
#   policies that allow everything only together count too, also those of several groups of a user. Roles that AWS owns (service-linked, or
#   made by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_group_administrator_access_policy@group", "iam_role_administratoraccess_policy@role", "iam_user_administrator_access_policy@user"]
#   reads: [path, facts.admin_policies]
#   remediation:
#     text: >-
#       Attach a policy with what the identity does. Keep one role for administrators, demand a second
#       factor in its trust policy, and waive it by name.
#     cli: |
#       aws iam detach-role-policy --role-name "$ROLE" --policy-arn "$POLICY_ARN"   # or detach-user-policy, detach-group-policy
package aws.iam.identity_without_admin_policy

# no terraform: the attachment, or the policy, leaves; there is nothing to add

import data.lib.roles

deny contains {"message": message, "path": ["facts", "admin_policies", "value", index], "topic": topic} if {
	some index, by in input.resource.facts.admin_policies.value
	by.kind == "attached"
	not _of_a_group(by)
	not _owned_by_aws
	topic := _topics[input.resource.type]
	message := sprintf("%s is attached, which %s every action on every resource", [by.policy, _does(by)])
}

_topics := {"AWS::IAM::Group": "group", "AWS::IAM::Role": "role", "AWS::IAM::User": "user"}

# Told of the group, which has everything by itself.
_of_a_group(by) if {
	by.group
	not by.with_others
}

# How much of everything the policy is.
_does(by) := "together with others allows" if by.with_others

_does(by) := "allows" if not by.with_others

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
