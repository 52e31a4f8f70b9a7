# METADATA
# title: Inline policies do not grant full administration
# description: >-
#   A policy inside an identity is in no list of policies; one that allows every action on every
#   resource, alone or with others, makes an administrator that nobody sees. Roles that AWS owns
#   (service-linked, or made by Identity Center) are left out: nobody in the account can change
#   them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_inline_policy_no_administrative_privileges"]
#   reads: [path, facts.admin_policies]
#   remediation:
#     text: >-
#       Replace the inline policy by the actions and resources that are used; for administrators, attach
#       AdministratorAccess where it can be seen.
#     cli: |
#       aws iam get-role-policy --role-name "$ROLE" --policy-name "$POLICY" --query PolicyDocument > policy.json
#       # take out what is not needed, then (get-user-policy and get-group-policy, put-user-policy and
#       # put-group-policy for users and groups):
#       aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY" --policy-document file://policy.json
package aws.iam.inline_policies_without_full_admin

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.roles

deny contains {"message": message, "path": ["facts", "admin_policies", "value", index]} if {
	some index, by in input.resource.facts.admin_policies.value
	by.kind == "inline"
	not _of_a_group(by)
	not _owned_by_aws
	message := sprintf("inline policy %s %s every action on every resource", [by.policy, _does(by)])
}

# Told of the group, which has everything by itself.
_of_a_group(by) if {
	by.group
	not by.with_others
}

# How much of everything the policy is.
_does(by) := "together with others allows" if by.with_others

_does(by) := "allows" if not by.with_others

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
