# METADATA
# title: Network interfaces take only traffic of their own
# description: >-
#   An interface that does not check source and destination forwards packets of others: what a NAT instance or a
#   firewall needs, and what turns any other machine into a way around the routes.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::NetworkInterface"]
#   controls:
#     fsbp: ["EC2.180"]
#   reads: [source_dest_check, interface_type]
#   remediation:
#     text: >-
#       Turn the check on, unless the machine is there to forward: then waive the finding with the reason. Forwarding
#       stops at once.
#     cli: |
#       aws ec2 modify-network-interface-attribute --network-interface-id NETWORK_INTERFACE_ID --source-dest-check
#     terraform: |
#       resource "aws_network_interface" "this" {
#         source_dest_check = true
#       }
package aws.ec2.interface_checks_source

deny contains {"message": message, "path": ["source_dest_check"]} if {
	input.resource.configuration.source_dest_check == false
	input.resource.configuration.interface_type in _of_people
	message := "the interface forwards packets that are neither from nor for itself"
}

# NAT gateways, load balancers and endpoints forward by their nature; AWS looks after them.
_of_people := {"aws_codestar_connections_managed", "branch", "efa", "interface", "lambda", "quicksight"}
