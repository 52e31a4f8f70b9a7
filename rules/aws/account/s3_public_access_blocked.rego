# METADATA
# title: The account blocks public access to all its buckets
# description: >-
#   Without the account-wide block, one wrong policy or ACL on one bucket is enough to publish it.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["2.1.4"]
#     cis-3.0: ["2.1.4"]
#     fsbp: ["S3.1"]
#     prowler: [s3_account_level_public_access_blocks]
#   reads: [s3_public_access_block]
#   remediation:
#     text: >-
#       Turn on all four settings of the account-wide S3 public access block; check first that no
#       bucket is meant to be public.
#     terraform: |
#       resource "aws_s3_account_public_access_block" "this" {
#         block_public_acls       = true
#         ignore_public_acls      = true
#         block_public_policy     = true
#         restrict_public_buckets = true
#       }
#     cli: |
#       aws s3control put-public-access-block --account-id ACCOUNT --public-access-block-configuration \
#         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
package aws.account.s3_public_access_blocked

deny contains {"message": message, "path": ["s3_public_access_block", flag]} if {
	some flag, on in input.resource.configuration.s3_public_access_block
	on == false
	message := sprintf("%s is off for the account", [flag])
}

deny contains {"message": message, "path": ["s3_public_access_block"]} if {
	not input.resource.configuration.s3_public_access_block
	message := "the account has no S3 public access block"
}
