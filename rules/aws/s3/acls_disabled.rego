# METADATA
# title: ACLs have no effect on buckets
# description: >-
#   ACLs grant access beside the policy, object by object, where no review finds it.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp: ["S3.12"]
#     prowler: [s3_bucket_acl_prohibited]
#   reads: [ownership]
#   remediation:
#     text: >-
#       Move what the ACLs grant into the bucket policy and set object ownership to
#       BucketOwnerEnforced.
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
package aws.s3.acls_disabled

deny contains {"message": message, "path": ["ownership"]} if {
	not _enforced
	message := sprintf("object ownership is %s, which leaves ACLs in force", [_ownership])
}

_ownership := input.resource.configuration.ownership

_ownership := "not set" if not input.resource.configuration.ownership

_enforced if input.resource.configuration.ownership == "BucketOwnerEnforced"
