# METADATA
# title: Users who sign in get no access key along with their account
# description: >-
#   A key that was made with the user, because a box was ticked, and was never used since is a secret
#   that lies around for nothing. Who needs a key asks for one.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
# custom:
#   severity: low
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.10"]
#     cis-3.0: ["1.11"]
#     prowler: [iam_user_no_setup_initial_access_key]
#   reads: [access_keys, console_password, observed.access_key_last_used, observed.created]
#   remediation:
#     text: >-
#       Deactivate and delete the key. If the user needs one later, make it then.
#     cli: |
#       aws iam list-access-keys --user-name NAME
#       aws iam delete-access-key --user-name NAME --access-key-id ID
package aws.iam.no_access_key_at_setup

# no terraform: Terraform would keep the secret key in its state

deny contains {"message": message, "path": ["observed", "access_key_last_used", slot]} if {
	input.resource.configuration.console_password == true
	some key in input.resource.configuration.access_keys
	key.active == true
	slot := sprintf("%d", [key.slot])
	not input.resource.configuration.observed.access_key_last_used[slot]
	made := substring(key.last_rotated, 0, 10)
	made == substring(input.resource.configuration.observed.created, 0, 10)
	message := sprintf("access key %s was made with the user on %s and never used", [slot, made])
}
