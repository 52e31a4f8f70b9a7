# METADATA
# title: VPN connections log their tunnels
# description: >-
#   Without the log nobody can tell why a tunnel went down, or who tried to negotiate one.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   severity_reason: a missing log opens nothing and takes nothing down; it makes looking for the cause slower
#   resource_types: ["AWS::EC2::VPNConnection"]
#   controls:
#     fsbp: ["EC2.171"]
#   reads: [tunnels]
#   remediation:
#     text: >-
#       Log both tunnels to CloudWatch Logs, one after the other: a change interrupts the tunnel for some minutes.
#     cli: |
#       aws ec2 modify-vpn-tunnel-options --vpn-connection-id VPN_CONNECTION_ID \
#         --vpn-tunnel-outside-ip-address TUNNEL_ADDRESS --tunnel-options \
#         '{"LogOptions":{"CloudWatchLogOptions":{"LogEnabled":true,"LogGroupArn":"LOG_GROUP_ARN","LogOutputFormat":"json"}}}'
#     terraform: |
#       resource "aws_vpn_connection" "this" {
#         tunnel1_log_options {
#           cloudwatch_log_options {
#             log_enabled       = true
#             log_group_arn     = aws_cloudwatch_log_group.vpn.arn
#             log_output_format = "json"
#           }
#         }
#         tunnel2_log_options {
#           cloudwatch_log_options {
#             log_enabled       = true
#             log_group_arn     = aws_cloudwatch_log_group.vpn.arn
#             log_output_format = "json"
#           }
#         }
#       }
package aws.vpc.vpn_logged

deny contains {"message": message, "path": ["tunnels", index, "log_enabled"]} if {
	some index, tunnel in input.resource.configuration.tunnels
	not _logged(tunnel)
	message := sprintf("the tunnel at %s is not logged", [object.get(tunnel, "outside_ip", "an unknown address")])
}

_logged(tunnel) if tunnel.log_enabled == true
