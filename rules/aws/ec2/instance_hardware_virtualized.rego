# METADATA
# title: Instances are not paravirtual
# description: >-
#   Paravirtual guests run on the oldest generation of hosts, without Nitro's separation, and only on
#   images that nobody has patched for years.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Instance"]
#   controls:
#     fsbp: ["EC2.24"]
#     prowler: ["ec2_instance_paravirtual_type"]
#   reads: [virtualization_type]
#   remediation:
#     text: >-
#       Move the work to an instance of a current type with an image of type hvm. A paravirtual image
#       cannot be changed: install anew and copy the data.
#     cli: |
#       aws ec2 describe-images --owners amazon --filters Name=virtualization-type,Values=hvm Name=name,Values='al2023-ami-2023*'
package aws.ec2.instance_hardware_virtualized

# no terraform: an instance cannot be changed in this

deny contains {"message": message, "path": ["virtualization_type"]} if {
	input.resource.configuration.virtualization_type == "paravirtual"
	message := "the instance is paravirtual"
}
