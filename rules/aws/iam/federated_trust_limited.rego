# METADATA
# title: Roles for web identities name the subject they are for
# description: >-
#   Without a condition on the subject, every repository, pipeline or user of the identity
#   provider can assume the role.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [facts.trusted]
#   remediation:
#     text: >-
#       Compare the sub claim of the provider in the trust policy, for example
#       token.actions.githubusercontent.com:sub with the repository.
package aws.iam.federated_trust_limited

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "federated"
	not _saml(trusted)
	not _limited(trusted)
	message := sprintf("every identity of %s may assume the role", [trusted.name])
}

_saml(trusted) if contains(trusted.name, ":saml-provider/")

_limited(trusted) if {
	some key in trusted.condition_keys
	endswith(key, ":sub")
}

# Cognito tells identity pools apart by audience.
_limited(trusted) if {
	trusted.name == "cognito-identity.amazonaws.com"
	some key in trusted.condition_keys
	endswith(key, ":aud")
}
