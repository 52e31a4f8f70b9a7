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
#     prowler: [s3_bucket_secure_transport_policy]
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
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # add to the list "Statement" in policy.json (without a policy: begin one with "Version"):
#       #   {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
#       #    "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"],
#       #    "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.tls_only

deny contains {"message": message, "path": ["facts", "plain_http_denied"]} if {
	input.resource.facts.plain_http_denied.value == false
	message := "the bucket policy does not deny plain HTTP to every principal, for every action, on the bucket and all its objects"
}
