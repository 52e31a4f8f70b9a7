# METADATA
# title: Security groups name prefix lists of trusted owners only
# description: >-
#   Who owns a prefix list decides whom it admits, at any time and without a trace in
#   the account of the group.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/sharing-managed-prefix-lists.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [facts.prefix_lists]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Copy the addresses into a prefix list of your own, or add the owner to the
#       parameter trusted_accounts.
#     cli: |
#       aws ec2 get-managed-prefix-list-entries --prefix-list-id LIST_ID
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 modify-security-group-rules --group-id GROUP_ID --security-group-rules \
#         'SecurityGroupRuleId=RULE_ID,SecurityGroupRule={IpProtocol=tcp,FromPort=443,ToPort=443,PrefixListId=OWN_LIST_ID}'
package aws.ec2.prefix_lists_trusted

# no terraform: the entry leaves the group's own block; there is nothing to add

_trusted(owner) if owner in {"AWS", input.resource.account}

_trusted(owner) if owner in data.params.trusted_accounts

deny contains {"message": message, "path": ["facts", "prefix_lists", "value", index]} if {
	some index, list in input.resource.facts.prefix_lists.value
	owner := list.owner
	not _trusted(owner)
	message := sprintf("%s names the prefix list %s of account %s", [list.direction, list.prefix_list, owner])
}
