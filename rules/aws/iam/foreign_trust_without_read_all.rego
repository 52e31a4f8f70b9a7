# METADATA
# title: Roles for other accounts cannot read everything
# description: >-
#   ReadOnlyAccess and its like read the content of every bucket, table and parameter; a vendor or
#   another account that can assume such a role holds a copy of the data. SecurityAudit and
#   ViewOnlyAccess are made to see configuration without content. Roles that AWS owns (service-
#   linked, or made by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_role_cross_account_readonlyaccess_policy"]
#   reads: [path, attached_policies, facts.trusted, facts.admin, facts.unbounded]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Attach SecurityAudit or ViewOnlyAccess in place of it, or a policy with what the other account
#       is to read; list accounts of your own in the parameter trusted_accounts.
#     cli: |
#       aws iam attach-role-policy --role-name "$ROLE" --policy-arn arn:aws:iam::aws:policy/SecurityAudit
#       aws iam detach-role-policy --role-name "$ROLE" --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess
package aws.iam.foreign_trust_without_read_all

# no terraform: the role's own block is changed; whom it has to trust hangs on who uses it

import data.lib.roles

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.foreign == true
	trusted.kind in {"account", "anyone", "principal"}
	not _of_the_organization(trusted)
	not _owned_by_aws
	some reason in _reads_everything
	message := sprintf("%s of another account may assume the role, which reads everything: %s", [trusted.name, reason])
}

_reads_everything contains "it allows every action on every resource" if input.resource.facts.admin.value == true

_reads_everything contains sprintf("%s is attached", [arn]) if {
	some arn in input.resource.configuration.attached_policies
	endswith(arn, ":iam::aws:policy/ReadOnlyAccess")
}

_reads_everything contains sprintf("it allows %s on every resource", [entry.action]) if {
	some entry in input.resource.facts.unbounded.value
	entry.action in {"dynamodb:Scan", "s3:GetObject", "secretsmanager:GetSecretValue"}
	entry.narrowed == false
	entry.bounded == false
}

_of_the_organization(trusted) if trusted.account in data.params.trusted_accounts

_of_the_organization(trusted) if trusted.of_organization == true

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
