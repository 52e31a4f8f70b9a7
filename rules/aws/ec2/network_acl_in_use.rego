# METADATA
# title: Network ACLs guard a subnet
# description: >-
#   An ACL that guards nothing is read as if it did.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::NetworkAcl"]
#   controls:
#     fsbp: ["EC2.16"]
#     prowler: ["ec2_networkacl_unused"]
#   reads: [is_default, subnet_ids]
#   remediation:
#     text: >-
#       Delete the ACL, or associate it with the subnets that it was made for.
#     cli: |
#       aws ec2 delete-network-acl --network-acl-id ACL_ID
package aws.ec2.network_acl_in_use

# no terraform: what nothing uses, or a wizard made, leaves; there is nothing to add

deny contains {"message": message, "path": ["subnet_ids"]} if {
	input.resource.configuration.is_default == false
	count(input.resource.configuration.subnet_ids) == 0
	message := "the ACL is associated with no subnet"
}
