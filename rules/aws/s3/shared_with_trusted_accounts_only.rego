# METADATA
# title: Buckets are shared with trusted accounts only
# description: >-
#   A policy that names another account hands the decision who may read to that account.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     prowler: [s3_bucket_cross_account_access]
#   reads: [facts.foreign_accounts]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Remove the account from the bucket policy, or add it to the parameter trusted_accounts.
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # take the account out of policy.json
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.shared_with_trusted_accounts_only

# no terraform: the statement in the policy's own block is changed; whom it has to let in hangs on who uses it

deny contains {"message": message, "path": ["facts", "foreign_accounts", "value", index]} if {
	some index, account in input.resource.facts.foreign_accounts.value
	not account in data.params.trusted_accounts
	message := sprintf("the bucket policy grants access to account %s, which is not a trusted one", [account])
}
