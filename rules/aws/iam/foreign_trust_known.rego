# METADATA
# title: Roles let in known accounts only
# description: >-
#   Each account that may assume a role is one more place where this account can be broken into.
#   Accounts that are neither in the same organization nor named in trusted_accounts are told, with
#   or without an external id. To be switched on together with that list.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   enabled: false  # says nothing before trusted_accounts is filled in
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Take the account out of the trust policy, or list it in the parameter trusted_accounts.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # take the account out, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
package aws.iam.foreign_trust_known

# no terraform: the role's own block is changed; whom it has to trust hangs on who uses it

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind in {"account", "principal"}
	trusted.foreign == true
	not _of_the_organization(trusted)
	message := sprintf("%s may assume the role and is not of a known account", [trusted.name])
}

_of_the_organization(trusted) if trusted.account in data.params.trusted_accounts

_of_the_organization(trusted) if trusted.of_organization == true
