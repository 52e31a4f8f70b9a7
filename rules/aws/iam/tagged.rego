# METADATA
# title: Users, roles and analyzers have tags
# description: >-
#   Tags say whose a thing is and what it is for. Which ones are wanted is everybody's own matter, so
#   this rule only judges when it is asked for, and is content with any. Tags that AWS sets do not
#   count, and roles that AWS keeps are left alone.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::AccessAnalyzer::Analyzer", "AWS::IAM::Role", "AWS::IAM::User"]
#   controls:
#     security-hub: ["IAM.23@analyzer", "IAM.24@role", "IAM.25@user"]
#   reads: [tags]
#   remediation:
#     text: >-
#       Add the tags that your organization uses, at least the owner.
#     cli: |
#       # The one that fits
#       aws iam tag-user --user-name NAME --tags Key=owner,Value=TEAM
#       aws iam tag-role --role-name NAME --tags Key=owner,Value=TEAM
#       aws accessanalyzer tag-resource --resource-arn ARN --tags owner=TEAM
package aws.iam.tagged

# no terraform: the keys are yours: tags of the block, or default_tags of the provider

deny contains {"message": message, "path": ["tags"], "topic": topic} if {
	not _tagged
	not _kept_by_aws
	topic := _topics[input.resource.type]
	message := sprintf("the %s has no tags", [topic])
}

_tagged if {
	some key, _ in input.resource.tags
	not startswith(key, "aws:")
}

_kept_by_aws if regex.match(":role/(aws-service-role|aws-reserved)/", input.resource.id)

_topics := {
	"AWS::AccessAnalyzer::Analyzer": "analyzer",
	"AWS::IAM::Role": "role",
	"AWS::IAM::User": "user",
}
