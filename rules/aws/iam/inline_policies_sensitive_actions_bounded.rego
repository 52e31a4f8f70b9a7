# METADATA
# title: Inline policies name the resources of sensitive actions
# description: >-
#   Some actions do harm by themselves when they are allowed on everything: handing any role to a
#   service, assuming any role, reading every secret, opening with every key, buying in the
#   Marketplace. A condition that limits what is acted on, such as iam:PassedToService or a tag of
#   the resource, counts as a limit; one that limits only who asks does not. What the permissions
#   boundary withholds does not count. Roles that AWS owns (service-linked, or made by Identity
#   Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_inline_policy_no_wildcard_marketplace_subscribe@marketplace"]
#   reads: [path, facts.unbounded]
#   parameters:
#     resource_bound_actions: Actions that a policy may not allow on every resource (of those that the fact knows)
#   remediation:
#     text: >-
#       Name the roles, keys and secrets; for iam:PassRole, name the roles and add a condition on
#       iam:PassedToService.
#     cli: |
#       aws iam get-role-policy --role-name "$ROLE" --policy-name "$POLICY" --query PolicyDocument > policy.json
#       # take out what is not needed, then (get-user-policy and get-group-policy, put-user-policy and
#       # put-group-policy for users and groups):
#       aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY" --policy-document file://policy.json
package aws.iam.inline_policies_sensitive_actions_bounded

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.roles

deny contains {"message": message, "path": ["facts", "unbounded", "value", index], "topic": topic} if {
	some index, entry in input.resource.facts.unbounded.value
	entry.action in data.params.resource_bound_actions
	entry.by.kind == "inline"
	entry.narrowed == false
	entry.bounded == false
	not _of_a_group(entry)
	not _owned_by_aws
	topic := _topic(entry)
	message := sprintf("inline policy %s allows %s on every resource%s", [entry.by.policy, entry.action, _limits(entry)])
}

_topics := {"iam:PassRole": "passrole", "sts:AssumeRole": "assume-role", "aws-marketplace:Subscribe": "marketplace"}

_topic(entry) := object.get(_topics, entry.action, "other")

_limits(entry) := "" if count(entry.limits) == 0

_limits(entry) := sprintf(" (only if %s)", [concat(" and ", _words(entry))]) if count(entry.limits) > 0

_words(entry) := sort([limit.words | some limit in entry.limits])

_of_a_group(entry) if entry.by.group

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
