# METADATA
# title: Roles for services are bound to the own account
# description: >-
#   A condition that names another account lets that account use the role through the service.
#   Judged are conditions on aws:SourceAccount and aws:SourceArn; accounts in trusted_accounts pass,
#   and so does an ARN without account, as a bucket has. Roles that AWS owns (service-linked, or
#   made by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_role_service_trust_restricts_source_to_account"]
#   reads: [path, facts.trusted]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Name your own account in aws:SourceAccount or aws:SourceArn, or list the other one in the
#       parameter trusted_accounts.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # name your own account in the condition, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
package aws.iam.service_trust_names_own_account

# no terraform: the role's own block is changed; whom it has to trust hangs on who uses it

import data.lib.roles

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "service"
	not _owned_by_aws
	not _own_by_any_test(trusted)
	some test in trusted.requirements
	test.demanded == true
	some account in _accounts(test)
	not _known(account)
	message := sprintf("%s may assume the role for account %s", [trusted.name, account])
}

# All tests of a statement hold together: one that leaves the own account alone is enough.
_own_by_any_test(trusted) if {
	some test in trusted.requirements
	test.demanded == true
	accounts := _accounts(test)
	count(accounts) > 0
	every account in accounts {
		_known(account)
	}
}

_accounts(test) := test.values if test.key == "aws:sourceaccount"

_accounts(test) := {account |
	some value in test.values
	account := split(value, ":")[4]
	account != ""
} if test.key == "aws:sourcearn"

_known(account) if account == input.resource.account

_known(account) if account in data.params.trusted_accounts

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
