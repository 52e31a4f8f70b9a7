# METADATA
# title: Entries of security groups have an effect
# description: >-
#   Whoever takes away a narrow entry to close a port, and does not see the wider one
#   beside it, has closed nothing.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::EC2::SecurityGroup"]
#   controls: {}
#   reads: [facts.shadowed]
#   remediation:
#     text: >-
#       Remove the narrow entry, or the wide one when the narrow one is what was
#       meant.
#     cli: |
#       aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP_ID
#       aws ec2 revoke-security-group-ingress --group-id GROUP_ID --security-group-rule-ids RULE_ID
package aws.ec2.entries_not_shadowed

# no terraform: the entry leaves the group's own block; there is nothing to add

deny contains {"message": message, "path": ["facts", "shadowed", "value", index]} if {
	some index, shadow in input.resource.facts.shadowed.value
	message := sprintf("%s %s admits nothing that %s does not", [shadow.direction, shadow.entry, shadow.wider])
}
