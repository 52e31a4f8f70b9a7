# METADATA
# title: Roles for federated identities name the audience
# description: >-
#   An identity provider makes tokens and assertions for many readers. Without a condition on the
#   audience (saml:aud, or the aud claim), one that was made for another application also opens the
#   role.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted, facts.trust_guards]
#   remediation:
#     text: >-
#       Demand saml:aud (https://signin.aws.amazon.com/saml, or the regional endpoint) or the aud claim
#       of the provider (sts.amazonaws.com).
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # add the condition on the audience, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
#     terraform: |
#       condition {
#         test     = "StringEquals"
#         variable = "SAML:aud"
#         values   = ["https://signin.aws.amazon.com/saml"]
#       }
package aws.iam.federated_trust_for_audience

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "federated"
	trusted.audience == false
	_guards_known
	not _guarded
	message := sprintf("what %s says to any audience opens the role", [trusted.name])
}

_guards_known if {
	input.resource.facts.trust_guards.value
	not _more_guards
}

_more_guards if input.resource.facts.trust_guards.waits_for

# A Deny may demand of everyone what the Allow does not.
_guarded if {
	some guard in input.resource.facts.trust_guards.value
	guard.everyone == true
	guard.limits == true
	guard.requirement.kind == "audience"
	{"sts:assumerolewithsaml", "sts:assumerolewithwebidentity"} - {action | some action in guard.actions} == set()
}
