# METADATA
# title: Both tunnels of a VPN connection are up
# description: >-
#   Traffic flows over one tunnel as well, so that nobody notices the missing one until AWS maintains the other.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::VPNConnection"]
#   controls:
#     fsbp: ["EC2.20"]
#     prowler: ["vpc_vpn_connection_tunnels_up"]
#   reads: [observed.tunnels]
#   remediation:
#     text: >-
#       Read the tunnel's status message. Most often the device on the other side has no configuration for this tunnel,
#       a firewall drops UDP 500 or 4500, or the tunnel has been idle: let the device send keep-alives.
#     cli: |
#       aws ec2 describe-vpn-connections --vpn-connection-ids VPN_CONNECTION_ID \
#         --query 'VpnConnections[].VgwTelemetry[].[OutsideIpAddress,Status,StatusMessage,LastStatusChange]'
package aws.vpc.vpn_tunnels_up

# no terraform: the other end of the tunnel is not AWS's

deny contains {"message": message, "path": ["observed", "tunnels", index, "up"]} if {
	some index, tunnel in input.resource.configuration.observed.tunnels
	tunnel.up == false
	message := sprintf("the tunnel at %s is down", [tunnel.outside_ip])
}

deny contains {"message": message, "path": ["observed", "tunnels"]} if {
	tunnels := input.resource.configuration.observed.tunnels
	count(tunnels) < 2
	message := sprintf("the connection has %d of two tunnels", [count(tunnels)])
}
