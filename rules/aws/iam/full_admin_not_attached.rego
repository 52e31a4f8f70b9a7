# METADATA
# title: No policy with full administration is attached
# description: >-
#   Whoever takes over one identity with such a policy has taken over the account.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: high
#   resource_types: ["AWS::IAM::ManagedPolicy"]
#   controls:
#     cis-5.0: ["1.15"]
#     cis-3.0: ["1.16"]
#   reads: [facts.admin, facts.attached]
#   remediation:
#     text: >-
#       Detach the policy from users, groups and roles, and attach what they need; keep one role
#       for emergencies and waive it by name.
package aws.iam.full_admin_not_attached

deny contains {"message": message, "path": ["facts", "attached"]} if {
	input.resource.facts.admin.value == true
	input.resource.facts.attached.value == true
	message := "the policy allows every action on every resource and is attached"
}
