# METADATA
# title: Other accounts assume roles with an external id only
# description: >-
#   A vendor that serves many customers can be made to use its access to one of them for another;
#   the external id prevents that.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Demand sts:ExternalId in the trust policy, or aws:PrincipalOrgID for accounts of your
#       organization; list your own accounts in the parameter trusted_accounts.
package aws.iam.foreign_trust_bound

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind in {"account", "principal"}
	trusted.foreign == true
	not _of_the_organization(trusted)
	not _bound(trusted)
	message := sprintf("%s of another account may assume the role without an external id", [trusted.name])
}

_of_the_organization(trusted) if trusted.account in data.params.trusted_accounts

_bound(trusted) if {
	some key in trusted.condition_keys
	key in {"sts:externalid", "aws:principalorgid", "aws:principalorgpaths"}
}
