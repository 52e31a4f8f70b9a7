# METADATA
# title: Sessions of people and of other accounts are short
# description: >-
#   Credentials of a session are good until it ends, also in the hands of a thief. Judged are roles
#   that a SAML provider or another account may assume. Roles that AWS owns (service-linked, or made
#   by Identity Center) are left out: nobody in the account can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
# custom:
#   enabled: false  # how long people work is a matter of taste
#   severity: low
#   resource_types: ["AWS::IAM::Role"]
#   controls: {}
#   reads: [path, max_session_duration, facts.trusted]
#   parameters:
#     role_max_session_seconds: Longest session, in seconds, of a role that people or other accounts assume
#   remediation:
#     text: >-
#       Shorten the longest session of the role; jobs that take longer renew their session.
#     cli: |
#       aws iam update-role --role-name "$ROLE" --max-session-duration 14400
#     terraform: |
#       resource "aws_iam_role" "this" {
#         max_session_duration = 14400
#       }
package aws.iam.role_sessions_short

import data.lib.roles

deny contains {"message": message, "path": ["max_session_duration"]} if {
	seconds := input.resource.configuration.max_session_duration
	seconds > data.params.role_max_session_seconds
	some trusted in input.resource.facts.trusted.value
	_people_or_strangers(trusted)
	not _owned_by_aws
	message := sprintf("sessions may last %d seconds, and %s may assume the role", [seconds, trusted.name])
}

_people_or_strangers(trusted) if trusted.foreign == true

_people_or_strangers(trusted) if {
	trusted.kind == "federated"
	contains(trusted.name, ":saml-provider/")
}

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
