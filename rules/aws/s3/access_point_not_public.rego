# METADATA
# title: Access points are not public
# description: >-
#   An access point is a second door to a bucket, with a policy of its own.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# custom:
#   severity: critical
#   resource_types: ["AWS::S3::AccessPoint"]
#   controls:
#     fsbp: ["S3.19"]
#   reads: [facts.public]
#   remediation:
#     text: >-
#       Replace the access point by one whose access block has all four settings on; the block
#       cannot be changed later.
package aws.s3.access_point_not_public

deny contains {"message": message, "path": ["facts", "public"]} if {
	input.resource.facts.public.value == true
	message := "anyone can reach the access point"
}
