# METADATA
# title: Security groups name groups that exist
# description: >-
#   An entry for a group that is gone admits nobody today. Whoever reads it believes
#   otherwise, and it stays behind when the peering or the service it was for has ended.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [facts.group_references]
#   remediation:
#     text: >-
#       Remove the entry, or name the group that took the place of the old one.
#     cli: |
#       aws ec2 describe-stale-security-groups --vpc-id VPC_ID
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
package aws.ec2.group_references_exist

# no terraform: the entry leaves the group's own block; there is nothing to add

deny contains {"message": message, "path": ["facts", "group_references", "value", index]} if {
	some index, reference in input.resource.facts.group_references.value
	reference.exists == false
	message := sprintf("%s names %s of account %s, which is gone", [
		reference.direction, reference.group, reference.account,
	])
}
