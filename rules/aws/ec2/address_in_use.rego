# METADATA
# title: Elastic IP addresses are in use
# description: >-
#   An address that is tied to nothing costs money, and names and allow lists that still point at it serve whoever gets
#   it next.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::EIP"]
#   controls:
#     security-hub: ["EC2.12"]
#     prowler: ["ec2_elastic_ip_unassigned"]
#   reads: [association_id, public_ip]
#   remediation:
#     text: >-
#       Remove the address from DNS and from partners' allow lists, then release it. It is rarely to be
#       had back afterwards.
#     cli: |
#       aws ec2 describe-addresses --allocation-ids ALLOCATION_ID
#       aws ec2 release-address --allocation-id ALLOCATION_ID
package aws.ec2.address_in_use

# no terraform: an address that nothing uses leaves the configuration

deny contains {"message": message, "path": ["association_id"]} if {
	not _used
	message := sprintf("%s is tied to no interface", [_address])
}

default _address := "the address"

_address := input.resource.configuration.public_ip

_used if input.resource.configuration.association_id != ""
