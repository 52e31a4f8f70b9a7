# METADATA
# title: Hosts of enclaves are running
# description: >-
#   An enclave lives only while its host runs: a stopped host means that the confidential work it was
#   made for is not done.
# related_resources:
# - ref: https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html
# custom:
#   enabled: false  # availability, and hosts that are stopped on purpose are common
#   severity: low
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     prowler: ["ec2_confidential_workload_host_not_running"]
#   reads: [enclave_enabled, observed.state]
#   remediation:
#     text: Start the host, or terminate it when its work is done elsewhere.
#     cli: |
#       aws ec2 start-instances --instance-ids ID
package aws.ec2.enclave_host_running

# no terraform: whether an instance runs is not declared

deny contains {"message": message, "path": ["observed", "state"]} if {
	input.resource.configuration.enclave_enabled == true
	state := input.resource.configuration.observed.state
	state != "running"
	message := sprintf("the instance may run enclaves and is %s", [state])
}
