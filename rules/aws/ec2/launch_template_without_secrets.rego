# METADATA
# title: User data of launch templates holds no secrets
# description: >-
#   Whoever may describe launch templates can read their user data, which is far more people than may
#   read secrets, and every instance carries a copy.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
# custom:
#   severity: high
#   resource_types: ["AWS::EC2::LaunchTemplate"]
#   controls:
#     prowler: ["ec2_launch_template_no_secrets"]
#   reads: [user_data]
#   remediation:
#     text: >-
#       Change the secret first: it counts as known. Then make a version whose script fetches it from
#       Secrets Manager or Parameter Store with the instance's role, make it the default, and delete
#       the versions that hold it.
#     cli: |
#       aws ec2 describe-launch-template-versions --launch-template-id ID --versions '$Default' --query 'LaunchTemplateVersions[0].LaunchTemplateData.UserData' --output text | base64 -d
#     terraform: |
#       resource "aws_launch_template" "this" {
#         user_data = base64encode(<<-EOT
#           #!/bin/sh
#           PASSWORD=$(aws ssm get-parameter --name /app/password --with-decryption --query Parameter.Value --output text)
#         EOT
#         )
#         update_default_version = true
#       }
package aws.ec2.launch_template_without_secrets

deny contains {"message": message, "path": ["user_data", "secrets", index]} if {
	some index, secret in input.resource.configuration.user_data.secrets
	message := sprintf("line %d of the user data holds what looks like a secret (%s)", [secret.line, secret.kind])
}
