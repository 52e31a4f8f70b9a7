# METADATA
# title: Active access keys are replaced in time
# description: >-
#   The older a key, the more copies of it lie in files, images and logs.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.13"]
#     cis-3.0: ["1.14"]
#     fsbp: ["IAM.3"]
#     prowler: [iam_rotate_access_key_90_days]
#   reads: [access_keys]
#   parameters:
#     access_key_max_age_days: Days after which an active access key must have been replaced
#   remediation:
#     text: >-
#       Create a new key, move what uses the old one, deactivate it, and delete it after a while;
#       better, use roles.
#     cli: |
#       aws iam create-access-key --user-name NAME
#       # Once everything uses the new one
#       aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive
package aws.iam.access_keys_rotated

# no terraform: Terraform would keep the secret key in its state

import data.lib.ages

deny contains {"message": message, "path": ["access_keys", index, "last_rotated"]} if {
	some index, key in input.resource.configuration.access_keys
	key.active == true
	ages.days_between(key.last_rotated, input.now) > data.params.access_key_max_age_days
	message := sprintf("access key %d was made on %s, more than %d days ago", [
		key.slot,
		substring(key.last_rotated, 0, 10),
		data.params.access_key_max_age_days,
	])
}
