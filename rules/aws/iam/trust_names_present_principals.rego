# METADATA
# title: Trust policies name principals that are there
# description: >-
#   A unique id in place of an ARN is what AWS leaves of a deleted user or role: nobody gets in by
#   it, and nobody will who is made anew. An ARN of a user or role of this account that is not there
#   lets in whoever makes one of that name. Roles that AWS owns (service-linked, or made by Identity
#   Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [path, facts.dangling]
#   remediation:
#     text: >-
#       Take the principal out of the trust policy, or name the one that took its place.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # take the principal out, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
package aws.iam.trust_names_present_principals

# no terraform: the role's own block is changed; whom it has to trust hangs on who uses it

import data.lib.roles

deny contains {"message": message, "path": ["facts", "dangling", "value", index]} if {
	some index, principal in input.resource.facts.dangling.value
	not _owned_by_aws
	message := sprintf("the trust policy names %s, %s", [principal.name, _why[principal.kind]])
}

_why := {
	"deleted": "the id of a user or role that was deleted",
	"missing": "which is not there: whoever makes it is let in",
}

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
