# METADATA
# title: Other accounts assume roles with an external id only
# description: >-
#   A vendor that serves many customers can be made to use its access to one of them for another;
#   the external id prevents that. Accounts of the same organization and those that are trusted by
#   name need none.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted, facts.trust_guards]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Demand sts:ExternalId in the trust policy, or aws:PrincipalOrgID for accounts of your
#       organization; list your own accounts in the parameter trusted_accounts.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # add the condition on sts:ExternalId, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
#     terraform: |
#       condition {
#         test     = "StringEquals"
#         variable = "sts:ExternalId"
#         values   = [var.external_id]
#       }
package aws.iam.foreign_trust_bound

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind in {"account", "principal"}
	trusted.foreign == true
	not _of_the_organization(trusted)
	not _bound(trusted)
	_guards_known
	not _guarded
	message := sprintf("%s of another account may assume the role without an external id", [trusted.name])
}

_of_the_organization(trusted) if trusted.account in data.params.trusted_accounts

_of_the_organization(trusted) if trusted.of_organization == true

# By an external id or an organization whose value says something.
_bound(trusted) if trusted.confused_deputy_guard == true

_guards_known if {
	input.resource.facts.trust_guards.value
	not _more_guards
}

_more_guards if input.resource.facts.trust_guards.waits_for

# A Deny may demand of everyone what the Allow does not.
_guarded if {
	some guard in input.resource.facts.trust_guards.value
	guard.everyone == true
	guard.limits == true
	guard.requirement.key in {"sts:externalid", "aws:principalorgid", "aws:principalorgpaths"}
	"sts:assumerole" in guard.actions
}
