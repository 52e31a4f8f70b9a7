# METADATA
# title: Roles for web identities name the subject they are for
# description: >-
#   Without a condition on the subject, or with one that any owner's subject passes, every
#   repository, pipeline or user of the identity provider can assume the role.
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
#       token.actions.githubusercontent.com:sub with the repository.
package aws.iam.federated_trust_limited

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "federated"
	trusted.subjects == "any"
	_guards_known
	not _guarded
	message := sprintf("every identity of %s may assume the role", [trusted.name])
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
	guard.requirement.kind in {"subject", "audience"}
	guard.requirement.demanded == true
}
