# METADATA
# title: Inline policies do not allow everything to keys or trails
# description: >-
#   Who may do everything to keys can open or destroy whatever they protect, and who may do
#   everything to trails can turn off the record of it. What the permissions boundary withholds does
#   not count. Roles that AWS owns (service-linked, or made by Identity Center) are left out: nobody
#   in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_inline_policy_no_full_access_to_kms@kms", "iam_inline_policy_no_full_access_to_cloudtrail@cloudtrail"]
#   reads: [path, facts.full_services]
#   remediation:
#     text: >-
#       List the actions that are used, and leave key administration and changes of trails to a role of
#       their own.
#     cli: |
#       aws iam get-role-policy --role-name "$ROLE" --policy-name "$POLICY" --query PolicyDocument > policy.json
#       # take out what is not needed, then (get-user-policy and get-group-policy, put-user-policy and
#       # put-group-policy for users and groups):
#       aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY" --policy-document file://policy.json
package aws.iam.inline_policies_without_key_or_trail_control

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.roles
import data.lib.services

deny contains {"message": message, "path": ["facts", "full_services", "value", index], "topic": service} if {
	some index, entry in input.resource.facts.full_services.value
	entry.by.kind == "inline"
	entry.every_resource == true
	entry.bounded == false
	not _of_a_group(entry)
	not _owned_by_aws
	some service in ["cloudtrail", "kms"]
	services.covers(entry, service)
	message := sprintf("inline policy %s allows every action of %s on every resource", [entry.by.policy, service])
}

_of_a_group(entry) if entry.by.group

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
