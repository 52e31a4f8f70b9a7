# METADATA
# title: VPN connections negotiate with IKEv2 only
# description: >-
#   IKEv1 is retired: its aggressive mode gives away what is needed to guess a pre-shared key, and it gets no fixes.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::VPNConnection"]
#   controls:
#     security-hub: ["EC2.183"]
#   reads: [tunnels]
#   remediation:
#     text: >-
#       Check that the device on the other side speaks IKEv2, then allow nothing else on both tunnels, one after the
#       other: a change interrupts the tunnel for some minutes.
#     cli: |
#       aws ec2 modify-vpn-tunnel-options --vpn-connection-id VPN_CONNECTION_ID \
#         --vpn-tunnel-outside-ip-address TUNNEL_ADDRESS \
#         --tunnel-options '{"IKEVersions":[{"Value":"ikev2"}]}'
#     terraform: |
#       resource "aws_vpn_connection" "this" {
#         tunnel1_ike_versions = ["ikev2"]
#         tunnel2_ike_versions = ["ikev2"]
#       }
package aws.vpc.vpn_uses_ikev2

deny contains {"message": message, "path": ["tunnels", index, "ike_versions", position]} if {
	some index, tunnel in input.resource.configuration.tunnels
	some position, version in tunnel.ike_versions
	version == "ikev1"
	message := sprintf("the tunnel at %s may use IKEv1", [object.get(tunnel, "outside_ip", "an unknown address")])
}
