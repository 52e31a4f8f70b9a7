# METADATA
# title: Customer managed policies name what they allow
# description: >-
#   An Allow that names what it does not grant gives everything else, also what AWS adds tomorrow.
#   One that reaches only named resources passes.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls: {}
#   reads: [aws_managed, facts.all_but]
#   remediation:
#     text: >-
#       List the actions and resources that are used in Action and Resource; use NotAction and
#       NotResource in Deny statements only.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
package aws.iam.customer_policy_names_what_it_allows

# no terraform: the policy's own block is narrowed; what it has to allow hangs on the workload

deny contains {"message": message, "path": ["facts", "all_but", "value", index]} if {
	input.resource.configuration.aws_managed == false
	some index, entry in input.resource.facts.all_but.value
	entry.every_resource == true
	message := sprintf("an Allow with %s gives everything but %s", [entry.element, concat(", ", entry.except)])
}
