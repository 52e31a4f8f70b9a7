# METADATA
# title: Bucket policies allow whom they name
# description: >-
#   An Allow with NotPrincipal lets in everyone else: every other account of the world, and requests
#   without credentials. Nobody who writes it means that.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
# custom:
#   severity: high
#   resource_types: ["AWS::S3::Bucket"]
#   controls: {}
#   reads: [policy]
#   remediation:
#     text: >-
#       Name in Principal whom the statement is for. To keep somebody out, add a Deny.
#     cli: |
#       aws s3api get-bucket-policy --bucket BUCKET --query Policy --output text > policy.json
#       # write "Principal" with those who are meant instead of "NotPrincipal"
#       aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json
package aws.s3.policy_without_not_principal

# no terraform: the statement in the policy's own block is changed; whom it has to let in hangs on who uses it

deny contains {"message": message, "path": ["policy", "Statement", index, "NotPrincipal"]} if {
	some index, statement in input.resource.configuration.policy.Statement
	statement.Effect == "Allow"
	statement.NotPrincipal
	message := sprintf("statement %d allows everyone but those in NotPrincipal", [index])
}
