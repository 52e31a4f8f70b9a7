# METADATA
# title: Instance credentials stay on the instance
# description: >-
#   With more than one hop, a reply of the metadata service also reaches containers behind a bridge,
#   so that each of them can take the role of the instance.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
# custom:
#   enabled: false  # hosts of containers need two hops, and current images set two by themselves
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls: {}
#   reads: [metadata_options]
#   remediation:
#     text: >-
#       Set the hop limit to 1, after making sure that no container on the instance uses its role. Give
#       containers roles of their own: task roles in ECS, Pod Identity or IRSA in EKS.
#     cli: |
#       aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 1
#     terraform: |
#       metadata_options {
#         http_put_response_hop_limit = 1
#       }
package aws.ec2.imds_hop_limit_one

deny contains {"message": message, "path": ["metadata_options", "http_put_response_hop_limit"]} if {
	not _off
	hops := input.resource.configuration.metadata_options.http_put_response_hop_limit
	hops > 1
	message := sprintf("replies of the metadata service go %d hops far, past the instance itself", [hops])
}

_off if input.resource.configuration.metadata_options.http_endpoint == "disabled"
