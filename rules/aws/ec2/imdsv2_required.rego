# METADATA
# title: Instances serve credentials to IMDSv2 only
# description: >-
#   With version 1, a request that a web application can be made to send fetches the credentials
#   of the instance's role.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     cis-5.0: ["5.7"]
#     cis-3.0: ["5.6"]
#     fsbp: ["EC2.8"]
#     prowler: ["ec2_confidential_workload_host_imdsv2_not_enforced", "ec2_instance_imdsv2_enabled"]
#   reads: [metadata_options]
#   remediation:
#     text: >-
#       Require tokens on the instance, after MetadataNoToken in CloudWatch shows that nothing
#       uses version 1.
#     terraform: |
#       metadata_options {
#         http_tokens = "required"
#       }
#     cli: |
#       aws ec2 modify-instance-metadata-options --instance-id ID --http-tokens required
package aws.ec2.imdsv2_required

deny contains {"message": message, "path": ["metadata_options", "http_tokens"]} if {
	not _safe
	message := sprintf("the instance metadata service answers without a token: tokens are %s", [_tokens])
}

default _tokens := "not set"

_tokens := input.resource.configuration.metadata_options.http_tokens

_safe if input.resource.configuration.metadata_options.http_tokens == "required"

_safe if input.resource.configuration.metadata_options.http_endpoint == "disabled"
