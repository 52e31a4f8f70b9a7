# METADATA
# title: Passwords and access keys that nobody uses are disabled
# description: >-
#   Nobody notices when a forgotten credential is used by somebody else.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.11"]
#     cis-3.0: ["1.12"]
#     fsbp: ["IAM.8"]
#   reads: [console_password, password_last_changed, access_keys, observed]
#   parameters:
#     credential_max_unused_days: Days without use after which a password or key must be disabled
#   remediation:
#     text: >-
#       Remove the console password or deactivate the key; delete the user when nothing is left.
package aws.iam.unused_credentials_disabled

import data.lib.ages

deny contains {"message": message, "path": ["observed", "password_last_used"]} if {
	input.resource.configuration.console_password == true
	since := _password_idle_since
	ages.days_between(since, input.now) > data.params.credential_max_unused_days
	message := sprintf("the console password has not been used since %s", [substring(since, 0, 10)])
}

deny contains {"message": message, "path": ["observed", "access_key_last_used", slot]} if {
	some key in input.resource.configuration.access_keys
	key.active == true
	slot := sprintf("%d", [key.slot])
	since := _key_idle_since(key, slot)
	ages.days_between(since, input.now) > data.params.credential_max_unused_days
	message := sprintf("access key %s has not been used since %s", [slot, substring(since, 0, 10)])
}

_password_idle_since := input.resource.configuration.observed.password_last_used

_password_idle_since := input.resource.configuration.password_last_changed if {
	not input.resource.configuration.observed.password_last_used
}

_key_idle_since(_, slot) := input.resource.configuration.observed.access_key_last_used[slot]

_key_idle_since(key, slot) := key.last_rotated if {
	not input.resource.configuration.observed.access_key_last_used[slot]
}
