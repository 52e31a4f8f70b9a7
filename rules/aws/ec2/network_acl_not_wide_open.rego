# METADATA
# title: Network ACLs do not admit everything from the world
# description: >-
#   An ACL that lets everything in is no wall at all. Opt in: the default ACL of every
#   VPC does, and many networks rest on security groups alone.
# related_resources:
# - ref: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
# custom:
#   severity: medium
#   enabled: false
#   resource_types: ["AWS::EC2::NetworkAcl"]
#   controls:
#     prowler: ["ec2_networkacl_allow_ingress_any_port"]
#   reads: [facts.world_ingress]
#   remediation:
#     text: >-
#       Allow the ports that the subnet serves and, for answers, 1024 to 65535; then
#       remove the entry for everything.
#     cli: |
#       aws ec2 create-network-acl-entry --network-acl-id ACL_ID --ingress --rule-number 90 --protocol tcp \
#         --port-range From=443,To=443 --cidr-block 0.0.0.0/0 --rule-action allow
#       aws ec2 create-network-acl-entry --network-acl-id ACL_ID --ingress --rule-number 91 --protocol tcp \
#         --port-range From=1024,To=65535 --cidr-block 0.0.0.0/0 --rule-action allow
#       aws ec2 delete-network-acl-entry --network-acl-id ACL_ID --ingress --rule-number 100
package aws.ec2.network_acl_not_wide_open

# no terraform: which addresses a subnet has to admit hangs on what runs in it

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_ingress", "value", index]} if {
	some index, reach in input.resource.facts.world_ingress.value
	reach.protocol in {"all", "tcp"}
	ports.count_of(reach) == 65536
	message := sprintf("%s is let in from %s", [ports.what(reach), ports.world(reach)])
}
