# METADATA
# title: Passwords and access keys that nobody uses are disabled
# description: >-
#   Nobody notices when a forgotten credential is used by somebody else. AWS's report on the use of
#   credentials may be four hours old.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::User"]
#   controls:
#     cis-5.0: ["1.11"]
#     cis-3.0: ["1.12"]
#     # IAM.8 asks after 90 days, also where the parameter says fewer.
#     fsbp: ["IAM.8@key-90-days", "IAM.8@password-90-days"]
#     security-hub: ["IAM.22"]
#     prowler:
#     - iam_user_accesskey_unused@key
#     - iam_user_accesskey_unused@key-90-days
#     - iam_user_console_access_unused@password
#     - iam_user_console_access_unused@password-90-days
#   reads:
#   - access_keys
#   - console_password
#   - observed.access_key_last_used
#   - observed.password_last_used
#   - password_last_changed
#   parameters:
#     credential_max_unused_days: Days without use after which a password or key must be disabled
#   remediation:
#     text: >-
#       Remove the console password or deactivate the key; delete the user when nothing is left. A key
#       that turns out to be needed can be activated again, so wait a while before you delete it.
#     cli: |
#       aws iam delete-login-profile --user-name NAME
#       aws iam list-access-keys --user-name NAME
#       aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive
package aws.iam.unused_credentials_disabled

# no terraform: Terraform would keep the secret key in its state

import data.lib.ages

deny contains {"message": message, "path": ["observed", "password_last_used"], "topic": topic} if {
	input.resource.configuration.console_password == true
	some idle in _password_idle
	days := ages.days_between(idle.since, input.now)
	days > data.params.credential_max_unused_days
	topic := _topic("password", days)
	message := sprintf("the console password %s %s", [idle.words, substring(idle.since, 0, 10)])
}

deny contains {"message": message, "path": ["observed", "access_key_last_used", slot], "topic": topic} if {
	some key in input.resource.configuration.access_keys
	key.active == true
	slot := sprintf("%d", [key.slot])
	some idle in _key_idle(key, slot)
	days := ages.days_between(idle.since, input.now)
	days > data.params.credential_max_unused_days
	topic := _topic("key", days)
	message := sprintf("access key %s %s %s", [slot, idle.words, substring(idle.since, 0, 10)])
}

_password_idle contains {"since": used, "words": "was last used on"} if {
	used := input.resource.configuration.observed.password_last_used
}

_password_idle contains {"since": changed, "words": "has never been used since it was set on"} if {
	not input.resource.configuration.observed.password_last_used
	changed := input.resource.configuration.password_last_changed
}

_key_idle(_, slot) := {{"since": used, "words": "was last used on"}} if {
	used := input.resource.configuration.observed.access_key_last_used[slot]
}

_key_idle(key, slot) := {{"since": key.last_rotated, "words": "has never been used since it was made on"}} if {
	not input.resource.configuration.observed.access_key_last_used[slot]
}

_topic(kind, days) := kind if days <= 90

_topic(kind, days) := sprintf("%s-90-days", [kind]) if days > 90
