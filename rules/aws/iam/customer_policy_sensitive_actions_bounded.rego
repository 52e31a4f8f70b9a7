# METADATA
# title: Customer managed policies name the resources of sensitive actions
# description: >-
#   Some actions do harm by themselves when they are allowed on everything: handing any role to a
#   service, assuming any role, reading every secret, opening with every key, buying in the
#   Marketplace. A condition that limits what is acted on, such as iam:PassedToService or a tag of
#   the resource, counts as a limit; one that limits only who asks does not.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: medium
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     prowler: ["iam_no_custom_policy_permissive_role_assumption@assume-role", "iam_policy_no_agentcore_workload_access_token_wildcard@agentcore-token", "iam_policy_no_wildcard_marketplace_subscribe@marketplace", "iam_policy_passrole_to_bedrock_agentcore_restricted@agentcore-pass"]
#   reads: [aws_managed, facts.admin, facts.unbounded]
#   parameters:
#     resource_bound_actions: Actions that a policy may not allow on every resource (of those that the fact knows)
#   remediation:
#     text: >-
#       Name the roles, keys and secrets; for iam:PassRole, name the roles and add a condition on
#       iam:PassedToService.
#     cli: |
#       aws iam get-policy-version --policy-arn "$POLICY_ARN" --version-id "$VERSION" --query PolicyVersion.Document > policy.json
#       # take out what is not needed, then:
#       aws iam create-policy-version --policy-arn "$POLICY_ARN" --policy-document file://policy.json --set-as-default
#     terraform: |
#       statement {
#         actions   = ["iam:PassRole"]
#         resources = [aws_iam_role.task.arn]
#         condition {
#           test     = "StringEquals"
#           variable = "iam:PassedToService"
#           values   = ["ecs-tasks.amazonaws.com"]
#         }
#       }
package aws.iam.customer_policy_sensitive_actions_bounded

# One who may do everything is told once.
deny contains {"message": message, "path": ["facts", "admin"]} if {
	input.resource.configuration.aws_managed == false
	input.resource.facts.admin.value == true
	message := "the policy allows every action on every resource, these among them"
}

deny contains {"message": message, "path": ["facts", "unbounded", "value", index], "topic": topic} if {
	_limited
	some index, entry in input.resource.facts.unbounded.value
	entry.action in data.params.resource_bound_actions
	entry.narrowed == false
	topic := _topic(entry)
	message := sprintf("the policy allows %s on every resource%s", [entry.action, _limits(entry)])
}

deny contains {"message": message, "path": ["facts", "unbounded", "value", index], "topic": "agentcore-pass"} if {
	_limited
	some index, entry in input.resource.facts.unbounded.value
	entry.action == "iam:PassRole"
	_to_agentcore(entry)
	message := sprintf("every role can be passed to Bedrock AgentCore%s", [_limits(entry)])
}

_limited if {
	input.resource.configuration.aws_managed == false
	not _full
}

_full if input.resource.facts.admin.value == true

_topics := {
	"iam:PassRole": "passrole",
	"sts:AssumeRole": "assume-role",
	"aws-marketplace:Subscribe": "marketplace",
	"bedrock-agentcore:GetWorkloadAccessToken": "agentcore-token",
	"bedrock-agentcore:GetWorkloadAccessTokenForJWT": "agentcore-token",
	"bedrock-agentcore:GetWorkloadAccessTokenForUserId": "agentcore-token",
}

_topic(entry) := object.get(_topics, entry.action, "other")

_limits(entry) := "" if count(entry.limits) == 0

_limits(entry) := sprintf(" (only if %s)", [concat(" and ", _words(entry))]) if count(entry.limits) > 0

_words(entry) := sort([limit.words | some limit in entry.limits])

# A role handed to AgentCore: by name of the service, or to whatever service it is.
_to_agentcore(entry) if {
	entry.narrowed == false
	not _names_services(entry)
}

_to_agentcore(entry) if {
	some limit in entry.limits
	limit.key == "iam:passedtoservice"
	some value in limit.values
	startswith("bedrock-agentcore.amazonaws.com", split(value, "*")[0])
}

_names_services(entry) if {
	some limit in entry.limits
	limit.key == "iam:passedtoservice"
}
