# METADATA
# title: Bucket policy refuses TLS before 1.2
# description: >-
#   AWS's endpoints take TLS 1.2 and 1.3 only. A statement that says so in the policy is asked for
#   by some auditors; the rule judges only where it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [facts.old_tls_denied]
#   remediation:
#     text: >-
#       Add a statement that denies every principal every S3 action on the bucket and its objects
#       where s3:TlsVersion is less than 1.2.
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
#           test     = "NumericLessThan"
#           variable = "s3:TlsVersion"
#           values   = ["1.2"]
#         }
#       }
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # add a Deny of s3:* for "*" with {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.modern_tls_only

deny contains {"message": message, "path": ["facts", "old_tls_denied"]} if {
	input.resource.facts.old_tls_denied.value == false
	message := "the bucket policy does not deny TLS before 1.2 to every principal, for every action, on the bucket and all its objects"
}
