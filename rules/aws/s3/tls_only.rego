# METADATA
# title: Bucket policy refuses plain HTTP
# description: >-
#   Without a statement that denies requests over plain HTTP, a client that is misconfigured sends
#   data and signatures that anyone on the path can read or replay.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     cis-5.0: ["2.1.1"]
#     cis-3.0: ["2.1.1"]
#     fsbp: ["S3.5"]
#   reads: [facts.plain_http_denied]
#   remediation:
#     text: >-
#       Add a statement that denies every principal every S3 action on the bucket and its objects
#       where aws:SecureTransport is false.
#     terraform: |
#       statement {
#         effect    = "Deny"
#         actions   = ["s3:*"]
#         resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
#         principals {
#           type        = "*"
#           identifiers = ["*"]
#         }
#         condition {
#           test     = "Bool"
#           variable = "aws:SecureTransport"
#           values   = ["false"]
#         }
#       }
package aws.s3.tls_only

deny contains {"message": message, "path": ["facts", "plain_http_denied"]} if {
	input.resource.facts.plain_http_denied.value == false
	message := "the bucket policy does not deny plain HTTP for every principal, action and object"
}
