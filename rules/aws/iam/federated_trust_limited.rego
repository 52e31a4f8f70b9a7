# METADATA
# title: Roles for web identities name the subject they are for
# description: >-
#   Without a condition on the subject, or with one that any owner's subject passes, every
#   repository, pipeline or user of the identity provider can assume the role. An audience says for
#   whom a token was made, not whose it is.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted, facts.trust_guards]
#   remediation:
#     text: >-
#       Compare the sub claim of the provider in the trust policy, for example
#       token.actions.githubusercontent.com:sub with the repository, up to and with the owner's slash.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # add the condition on the sub claim, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
#     terraform: |
#       condition {
#         test     = "StringLike"
#         variable = "token.actions.githubusercontent.com:sub"
#         values   = ["repo:octo-org/octo-repo:ref:refs/heads/main"]
#       }
package aws.iam.federated_trust_limited

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "federated"
	trusted.subjects == "any"
	_guards_known
	not _guarded
	message := sprintf("every identity of %s may assume the role%s", [trusted.name, _though(trusted)])
}

_though(trusted) := "" if count(object.get(trusted, "requirements", [])) == 0

_though(trusted) := sprintf(" (%s names no subject)", [concat(" and ", [test.words | some test in trusted.requirements])]) if {
	count(trusted.requirements) > 0
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
	guard.subjects in {"owner", "named"}
	"sts:assumerolewithwebidentity" in guard.actions
}
