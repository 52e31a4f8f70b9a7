# METADATA
# title: User data of instances holds no secrets
# description: >-
#   Whoever may describe instances can read user data, and so can every program on the instance. A
#   secret in it is known to all of them and changes only with the machine.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
# custom:
#   enabled: false  # costs a call for each instance
#   severity: high
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_instance_secrets_user_data"]
#   reads: [user_data]
#   remediation:
#     text: >-
#       Change the secret first: it counts as known. Then let the script fetch it from Secrets Manager
#       or Parameter Store with the instance's role. User data can only be changed while the instance
#       is stopped.
#     cli: |
#       aws ec2 describe-instance-attribute --instance-id ID --attribute userData --query UserData.Value --output text | base64 -d
#     terraform: |
#       resource "aws_instance" "this" {
#         user_data = <<-EOT
#           #!/bin/sh
#           PASSWORD=$(aws ssm get-parameter --name /app/password --with-decryption --query Parameter.Value --output text)
#         EOT
#       }
package aws.ec2.instance_user_data_without_secrets

deny contains {"message": message, "path": ["user_data", "secrets", index]} if {
	some index, secret in input.resource.configuration.user_data.secrets
	message := sprintf("line %d of the user data holds what looks like a secret (%s)", [secret.line, secret.kind])
}
