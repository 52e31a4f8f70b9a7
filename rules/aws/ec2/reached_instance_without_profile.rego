# METADATA
# title: Instances that the world reaches have no instance profile
# description: >-
#   Whoever breaks into the machine, or makes its software fetch a URL for him, gets the
#   role's credentials with it.
# related_resources:
# - ref: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_instance_internet_facing_with_instance_profile"]
#   reads: [instance_profile, facts.world_reach]
#   remediation:
#     text: >-
#       Put a load balancer in front and the instance into a private subnet. Until
#       then require IMDSv2 and give the role only what the machine needs.
#     cli: |
#       aws ec2 modify-instance-metadata-options --instance-id INSTANCE_ID --http-tokens required
#       aws ec2 describe-iam-instance-profile-associations --filters Name=instance-id,Values=INSTANCE_ID
package aws.ec2.reached_instance_without_profile

# no terraform: whether the way in or the profile has to go hangs on the workload

import data.lib.ports

deny contains {"message": message, "path": ["facts", "world_reach", "value", index]} if {
	profile := input.resource.configuration.instance_profile
	some index, reach in input.resource.facts.world_reach.value
	message := sprintf("%s %s to %s at %s, and the instance holds the profile %s", [
		ports.what(reach), ports.is_open(reach), ports.world(reach), reach.address, profile,
	])
}
