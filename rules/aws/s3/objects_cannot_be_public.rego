# METADATA
# title: Objects cannot be public by ACLs of their own
# description: >-
#   Every object has an ACL, and whoever may write one can publish the object. No list tells which
#   objects are public; while ACLs count and public ones are not ignored, any of them may be,
#   whatever the bucket says.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [facts.objects_may_be_public]
#   remediation:
#     text: >-
#       Set object ownership to BucketOwnerEnforced, which switches ACLs off, or turn on
#       IgnorePublicAcls for the bucket or the account. Check first that no reader depends on a
#       public object.
#     terraform: |
#       resource "aws_s3_bucket_ownership_controls" "this" {
#         bucket = aws_s3_bucket.this.id
#         rule {
#           object_ownership = "BucketOwnerEnforced"
#         }
#       }
#     cli: |
#       aws s3api put-bucket-ownership-controls --bucket BUCKET \
#         --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'
package aws.s3.objects_cannot_be_public

deny contains {"message": message, "path": ["facts", "objects_may_be_public"]} if {
	input.resource.facts.objects_may_be_public.value == true
	message := "ACLs count and public ones are not ignored, so that single objects may be public"
}
