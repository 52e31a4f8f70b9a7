# METADATA
# title: Only the own account controls buckets
# description: >-
#   Who may change the bucket policy, its ACLs or its encryption can give everything else to himself
#   and others, or lock the owner's data behind a key of his own.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# custom:
#   severity: high
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp: ["S3.6"]
#   reads: [facts.foreign_control]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Take the action from the statement that the finding points at; wildcards such as s3:Put*
#       hold it too. Accounts that may do this belong into the parameter trusted_accounts.
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # take the action out of the statement, or the account out of its principals
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.controlled_by_own_account

# no terraform: the statement in the policy's own block is changed; whom it has to let in hangs on who uses it

deny contains {"message": message, "path": ["facts", "foreign_control", "value", index]} if {
	some index, entry in input.resource.facts.foreign_control.value
	not _trusted(entry)
	message := sprintf("%s %s can do %s, by %s", [entry.who, entry.name, entry.action, entry.because])
}

_trusted(entry) if entry.account in data.params.trusted_accounts
