# METADATA
# title: ACLs grant nothing to other accounts
# description: >-
#   An ACL names other accounts by a canonical id that nobody recognizes, and no review of policies
#   finds the grant.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [acl, ownership]
#   remediation:
#     text: >-
#       Move the grant into the bucket policy, where the account has its number, and set object
#       ownership to BucketOwnerEnforced, which switches ACLs off.
#     terraform: |
#       resource "aws_s3_bucket_ownership_controls" "this" {
#         bucket = aws_s3_bucket.this.id
#         rule {
#           object_ownership = "BucketOwnerEnforced"
#         }
#       }
#     cli: |
#       # once the bucket policy grants what is still needed
#       aws s3api put-bucket-ownership-controls --bucket BUCKET \
#         --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'
package aws.s3.acl_without_foreign_grants

deny contains {"message": message, "path": ["acl", index, "grantee"]} if {
	not _off
	some index, grant in input.resource.configuration.acl
	grant.grantee != "owner"
	not _of_aws(grant)
	message := sprintf("the ACL grants %s to the account with canonical id %s", [grant.permission, grant.grantee])
}

_off if input.resource.configuration.ownership == "BucketOwnerEnforced"

# Groups that AWS defines.
_of_aws(grant) if startswith(grant.grantee, "http")

_of_aws(grant) if grant.grantee in _ids_of_aws

# CloudFront's delivery of standard logs, and EC2, which reads bundles.
_ids_of_aws := {
	"c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
	"6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b93c",
}
