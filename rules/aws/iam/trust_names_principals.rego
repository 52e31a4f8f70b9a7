# METADATA
# title: Trust policies name whom they let in
# description: >-
#   NotPrincipal with Allow lets in everyone else, users of other accounts and unsigned callers
#   among them; NotAction lets them in by ways that nobody thought of. Roles that AWS owns (service-
#   linked, or made by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [path, facts.all_but]
#   remediation:
#     text: >-
#       Name the principals in Principal and the ways to assume the role in Action; say in a Deny whom
#       to keep out.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # name the principals, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
package aws.iam.trust_names_principals

# no terraform: the role's own block is changed; whom it has to trust hangs on who uses it

import data.lib.roles

deny contains {"message": message, "path": ["facts", "all_but", "value", index]} if {
	some index, entry in input.resource.facts.all_but.value
	not _in_a_policy(entry)
	not _owned_by_aws
	message := sprintf("the trust policy has an Allow with %s (%s)", [entry.element, concat(", ", entry.except)])
}

_in_a_policy(entry) if entry.by

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
