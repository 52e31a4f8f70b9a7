# METADATA
# title: Instances get their permissions from a role
# description: >-
#   A program on an instance without a role that calls AWS can only do so with access keys, which lie
#   on its disk and do not expire.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html
# custom:
#   enabled: false  # an instance that calls no AWS API needs no role, and is better off without
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     cis-5.0: ["1.17"]
#     cis-3.0: ["1.18"]
#     prowler: ["ec2_instance_profile_attached"]
#   reads: [instance_profile]
#   remediation:
#     text: >-
#       Give the instance a role with the permissions that its programs need, and take the access keys
#       off its disk. Where nothing on it calls AWS, waive the finding.
#     cli: |
#       aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=NAME
#     terraform: |
#       resource "aws_instance" "this" {
#         iam_instance_profile = aws_iam_instance_profile.this.name
#       }
package aws.ec2.instance_profile_attached

deny contains {"message": message, "path": ["instance_profile"]} if {
	not input.resource.configuration.instance_profile
	message := "the instance has no instance profile"
}
