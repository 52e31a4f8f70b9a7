# METADATA
# title: Security groups name groups of trusted accounts only
# description: >-
#   An entry for a group of another account hands that account the key: whatever it puts
#   into the group gets in.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [ingress]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Remove the entry, or add the account to the parameter trusted_accounts.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
package aws.ec2.group_references_trusted

# no terraform: the entry leaves the group's own block; there is nothing to add

deny contains {"message": message, "path": ["ingress", index, "group_account"]} if {
	some index, entry in input.resource.configuration.ingress
	account := entry.group_account
	# AWS's own groups are of owners such as amazon-elb.
	regex.match("^[0-9]{12}$", account)
	not account in data.params.trusted_accounts
	message := sprintf("the entry lets in %s of account %s", [object.get(entry, "group_id", "a group"), account])
}
