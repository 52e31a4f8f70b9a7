# METADATA
# title: Client VPN endpoints log connections
# description: >-
#   The log tells who came into the network from where, which is what an investigation asks first.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: low
#   resource_types: ["AWS::EC2::ClientVpnEndpoint"]
#   controls:
#     fsbp: ["EC2.51"]
#     prowler: ["ec2_client_vpn_endpoint_connection_logging_enabled"]
#   reads: [connection_log_enabled]
#   remediation:
#     text: >-
#       Log connections to a CloudWatch log group.
#     cli: |
#       aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id CLIENT_VPN_ENDPOINT_ID \
#         --connection-log-options Enabled=true,CloudwatchLogGroup=LOG_GROUP_NAME
#     terraform: |
#       resource "aws_ec2_client_vpn_endpoint" "this" {
#         connection_log_options {
#           enabled              = true
#           cloudwatch_log_group = aws_cloudwatch_log_group.vpn.name
#         }
#       }
package aws.vpc.client_vpn_logged

deny contains {"message": message, "path": ["connection_log_enabled"]} if {
	not _logged
	message := "connections to the endpoint are not logged"
}

_logged if input.resource.configuration.connection_log_enabled == true
