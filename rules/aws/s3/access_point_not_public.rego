# METADATA
# title: Access points are not public
# description: >-
#   An access point is a second door to a bucket, with a policy of its own. This one lets everyone
#   in, and no access block of the access point, the bucket or the account stops them.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# custom:
#   severity: critical
#   resource_types: ["AWS::S3::AccessPoint"]
#   controls: {}
#   reads: [facts.public]
#   remediation:
#     text: >-
#       Remove the statement for everyone from the access point's policy. Its access block cannot be
#       changed; replace it by an access point whose block has all four settings on.
#     cli: |
#       aws s3control get-access-point-policy --account-id ACCOUNT --name ACCESS-POINT \
#         --query Policy --output text > policy.json
#       # take the statement with "Principal": "*" out of policy.json
#       aws s3control put-access-point-policy --account-id ACCOUNT --name ACCESS-POINT \
#         --policy file://policy.json
package aws.s3.access_point_not_public

# no terraform: the statement in the policy's own block is changed; whom it has to let in hangs on who uses it

deny contains {"message": message, "path": ["facts", "public"]} if {
	input.resource.facts.public.value == true
	message := "anyone on the internet can reach the bucket through the access point: its policy is open to everyone"
}
