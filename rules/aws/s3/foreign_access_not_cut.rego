# METADATA
# title: Accounts that a bucket policy names get in
# description: >-
#   The policy is public by AWS's definition and RestrictPublicBuckets is on: then only the account
#   itself and AWS services get in, and the other accounts that the policy names are shut out,
#   usually by a statement that was added later for somebody else.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# custom:
#   severity: low
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [facts.foreign_access_cut]
#   remediation:
#     text: >-
#       Take the public statement out of the policy, or limit it by aws:PrincipalOrgID,
#       aws:SourceVpce or the like; the accounts get in again at once. If they are not meant to,
#       remove their statements.
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # take the public statement out of policy.json, or limit it
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.foreign_access_not_cut

# no terraform: the statement in the policy's own block is changed; whom it has to let in hangs on who uses it

deny contains {"message": message, "path": ["facts", "foreign_access_cut"]} if {
	input.resource.facts.foreign_access_cut.value == true
	message := "a public statement and RestrictPublicBuckets together shut out the other accounts that the policy names"
}
