# METADATA
# title: No role can be assumed by anyone
# description: >-
#   A trust policy for every principal lets any AWS customer in unless a condition names who is
#   meant.
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
package aws.iam.role_not_open_to_anyone

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "anyone"
	trusted.restricted == false
	message := "the trust policy lets anyone assume the role"
}
