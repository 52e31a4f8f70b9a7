# METADATA
# title: No role can be assumed by anyone
# description: >-
#   A trust policy for every principal, or for all but some, lets any AWS customer in unless a
#   condition names who is meant. A condition that anybody stands does not.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# custom:
#   severity: critical
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted]
#   remediation:
#     text: >-
#       Name the accounts, roles or services that may assume the role, or limit everyone by
#       aws:PrincipalOrgID.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # name the principals that are meant, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
#     terraform: |
#       statement {
#         actions = ["sts:AssumeRole"]
#         principals {
#           type        = "AWS"
#           identifiers = ["*"]
#         }
#         condition {
#           test     = "StringEquals"
#           variable = "aws:PrincipalOrgID"
#           values   = [data.aws_organizations_organization.this.id]
#         }
#       }
package aws.iam.role_not_open_to_anyone

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "anyone"
	trusted.restricted == false
	message := sprintf("the trust policy lets anyone of any AWS account assume the role%s", [_though(trusted)])
}

_though(trusted) := "" if count(object.get(trusted, "requirements", [])) == 0

_though(trusted) := sprintf(", if %s", [concat(" and ", [test.words | some test in trusted.requirements])]) if {
	count(trusted.requirements) > 0
}
