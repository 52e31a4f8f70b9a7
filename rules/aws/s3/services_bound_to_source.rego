# METADATA
# title: AWS services reach buckets for known sources only
# description: >-
#   A service such as CloudTrail or CloudFront acts for whoever configures it, in any account. A
#   statement that names only the service lets a stranger point his trail or his distribution at the
#   bucket, and write to it or read from it in the name of the service.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [facts.open_services]
#   remediation:
#     text: >-
#       Add a condition on aws:SourceAccount, aws:SourceArn or aws:SourceOrgID to the statement.
#     terraform: |
#       statement {
#         effect    = "Allow"
#         actions   = ["s3:PutObject"]
#         resources = ["${aws_s3_bucket.this.arn}/AWSLogs/${data.aws_caller_identity.this.account_id}/*"]
#         principals {
#           type        = "Service"
#           identifiers = ["cloudtrail.amazonaws.com"]
#         }
#         condition {
#           test     = "StringEquals"
#           variable = "aws:SourceArn"
#           values   = [aws_cloudtrail.this.arn]
#         }
#       }
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # add "Condition": {"StringEquals": {"aws:SourceAccount": "ACCOUNT"}} to the statement
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.services_bound_to_source

deny contains {"message": message, "path": ["facts", "open_services", "value", index]} if {
	some index, entry in input.resource.facts.open_services.value
	message := sprintf(
		"%s gets in whichever account it acts for (%s), by %s",
		[entry.service, concat(", ", entry.levels), entry.because],
	)
}
