# METADATA
# title: Inline policies name what they allow
# description: >-
#   An Allow that names what it does not grant gives everything else, also what AWS adds tomorrow.
#   One that reaches only named resources passes. Roles that AWS owns (service-linked, or made by
#   Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role"]
#   controls: {}
#   reads: [path, facts.all_but]
#   remediation:
#     text: >-
#       List the actions and resources that are used in Action and Resource; use NotAction and
#       NotResource in Deny statements only.
#     cli: |
#       aws iam get-role-policy --role-name "$ROLE" --policy-name "$POLICY" --query PolicyDocument > policy.json
#       # take out what is not needed, then (get-user-policy and get-group-policy, put-user-policy and
#       # put-group-policy for users and groups):
#       aws iam put-role-policy --role-name "$ROLE" --policy-name "$POLICY" --policy-document file://policy.json
package aws.iam.inline_policies_name_what_they_allow

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

import data.lib.roles

deny contains {"message": message, "path": ["facts", "all_but", "value", index]} if {
	some index, entry in input.resource.facts.all_but.value
	entry.by.kind == "inline"
	entry.every_resource == true
	not _of_a_group(entry)
	not _owned_by_aws
	message := sprintf("inline policy %s: an Allow with %s gives everything but %s", [
		entry.by.policy,
		entry.element,
		concat(", ", entry.except),
	])
}

_of_a_group(entry) if entry.by.group

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
