# METADATA
# title: Roles for services say for whom the service may act
# description: >-
#   A service that acts for every AWS customer can be told by one of them to use the role of
#   another, unless the trust policy says for whom it may. Judged are services that work over
#   accounts by design (stack sets, event buses, log destinations, delegated administration) and
#   that send the keys of such a condition (parameter deputy_services). Left out by default are
#   those that send none, such as EC2, Lambda or CloudTrail, which a condition would lock out, and
#   those that get their roles by iam:PassRole in this account alone, such as tasks of ECS. Roles
#   that AWS owns (service-linked, or made by Identity Center) are left out: nobody in the account
#   can change them.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::Role"]
#   controls:
#     prowler: ["iam_role_cross_service_confused_deputy_prevention", "iam_role_service_trust_restricts_source_to_account"]
#   reads: [path, facts.trusted, facts.trust_guards]
#   parameters:
#     deputy_services: Services that act for other customers and say for whom, without .amazonaws.com
#   remediation:
#     text: >-
#       Add a condition on aws:SourceAccount or aws:SourceArn with your own account, or on
#       aws:SourceOrgID.
#     cli: |
#       aws iam get-role --role-name "$ROLE" --query Role.AssumeRolePolicyDocument > trust.json
#       # add the condition on aws:SourceAccount, then:
#       aws iam update-assume-role-policy --role-name "$ROLE" --policy-document file://trust.json
#     terraform: |
#       condition {
#         test     = "StringEquals"
#         variable = "aws:SourceAccount"
#         values   = [data.aws_caller_identity.current.account_id]
#       }
package aws.iam.service_trust_guarded

import data.lib.roles

deny contains {"message": message, "path": ["facts", "trusted", "value", index]} if {
	some index, trusted in input.resource.facts.trusted.value
	trusted.kind == "service"
	trusted.confused_deputy_guard == false
	_deputy(trusted.name)
	not _owned_by_aws
	_guards_known
	not _guarded
	message := sprintf("%s may assume the role for whichever account it acts", [trusted.name])
}

_deputy(name) if {
	some service in data.params.deputy_services
	startswith(name, sprintf("%s.", [service]))
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
	guard.requirement.key in {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"}
	"sts:assumerole" in guard.actions
}

_owned_by_aws if roles.owned_by_aws(input.resource.configuration.path)
