# METADATA
# title: Access points let in trusted accounts only
# description: >-
#   A bucket policy that leaves the decision to access points shows nothing of whom they let in.
#   What both policies allow counts.
# related_resources:
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
# custom:
#   severity: medium
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [facts.effective_access]
#   parameters:
#     trusted_accounts: Account ids that belong to the organization and may be let in
#   remediation:
#     text: >-
#       Take the account out of the access point's policy, or add it to the parameter
#       trusted_accounts.
#     cli: |
#       aws s3control get-access-point-policy --account-id ACCOUNT --name ACCESS-POINT \
#         --query Policy --output text > policy.json
#       # take the account out of policy.json
#       aws s3control put-access-point-policy --account-id ACCOUNT --name ACCESS-POINT \
#         --policy file://policy.json
package aws.s3.access_points_let_in_trusted_only

# no terraform: the statement in the policy's own block is changed; whom it has to let in hangs on who uses it

deny contains {"message": message, "path": ["facts", "effective_access", "value", index]} if {
	some index, entry in input.resource.facts.effective_access.value
	contains(entry.evidence, ":accesspoint/")
	entry.account
	not _trusted(entry)
	message := sprintf("%s of account %s can %s, by %s", [_who(entry), entry.account, concat(", ", entry.levels), entry.evidence])
}

_trusted(entry) if entry.account in data.params.trusted_accounts

_who(entry) := "every principal" if entry.who == "account"

_who(entry) := entry.name if entry.who != "account"
