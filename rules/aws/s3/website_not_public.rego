# METADATA
# title: Public buckets serve no website of their own
# description: >-
#   The website endpoint of a bucket speaks plain HTTP only: what it serves can be read and changed
#   on the way, and the bucket has to be public for it. Reading this costs one call per bucket, so
#   that the rule judges only where it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
# custom:
#   severity: medium
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [website, facts.public_access]
#   remediation:
#     text: >-
#       Serve the bucket through CloudFront with origin access control, close it to the public, and
#       remove the website configuration.
#     cli: |
#       # once the distribution serves the content
#       aws s3api delete-bucket-website --bucket BUCKET
package aws.s3.website_not_public

# no terraform: the website's block leaves; there is nothing to add

deny contains {"message": message, "path": ["website"]} if {
	input.resource.configuration.website
	some entry in input.resource.facts.public_access.value
	"read" in entry.levels
	message := sprintf("the bucket is a public website over plain HTTP, by %s", [entry.evidence])
}
