# METADATA
# title: Hosts of enclaves have no public address
# description: >-
#   An enclave trusts its host to carry every byte. A host with a public address needs
#   one wrong security group to be at the mercy of the internet.
# related_resources:
# - ref: https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_confidential_workload_host_public_ip"]
#   reads: [enclave_enabled, facts.public_addresses]
#   remediation:
#     text: >-
#       Move the host into a private subnet and reach it through a load balancer or
#       Session Manager.
#     terraform: |
#       resource "aws_instance" "enclave_host" {
#         subnet_id                   = aws_subnet.private.id
#         associate_public_ip_address = false
#         enclave_options {
#           enabled = true
#         }
#       }
package aws.ec2.enclave_host_without_public_address

# no cli: an address that came with the launch stays as long as the instance; the host is launched anew

deny contains {"message": message, "path": ["facts", "public_addresses", "value", index]} if {
	input.resource.configuration.enclave_enabled == true
	some index, address in input.resource.facts.public_addresses.value
	message := sprintf("the enclave's host has the public address %s", [address.address])
}
