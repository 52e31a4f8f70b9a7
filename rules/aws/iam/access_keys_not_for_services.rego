# METADATA
# title: Users call services with temporary credentials
# description: >-
#   An access key is good until somebody notices that it was stolen; what a role gives is good for
#   hours. A key that is only used to ask for such credentials was last used with IAM or STS. AWS
#   tells only the last use, so a key that is used for both may change sides from day to day.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     prowler: [iam_user_with_temporary_credentials]
#   reads: [access_keys, observed.access_key_last_service]
#   remediation:
#     text: >-
#       Give the program a role: an instance profile, a task or service account role, IAM Roles
#       Anywhere outside of AWS. Where a key must stay, let it do nothing but assume that role.
#     cli: |
#       aws iam list-access-keys --user-name NAME
#       aws iam get-access-key-last-used --access-key-id ID
package aws.iam.access_keys_not_for_services

# no terraform: Terraform would keep the secret key in its state

deny contains {"message": message, "path": ["observed", "access_key_last_service", slot]} if {
	some key in input.resource.configuration.access_keys
	key.active == true
	slot := sprintf("%d", [key.slot])
	service := input.resource.configuration.observed.access_key_last_service[slot]
	not service in {"iam", "sts"}
	message := sprintf("access key %s was last used to call %s", [slot, service])
}
