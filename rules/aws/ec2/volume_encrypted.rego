# METADATA
# title: Volumes are encrypted
# description: >-
#   An unencrypted volume can be copied and shared as a snapshot without any key.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
# custom:
#   severity: medium
#   resource_types: ["AWS::EC2::Volume"]
#   controls:
#     fsbp: ["EC2.3"]
#   reads: [encrypted]
#   remediation:
#     text: >-
#       Copy a snapshot of the volume with encryption, make a volume of it, and swap the two.
package aws.ec2.volume_encrypted

deny contains {"message": message, "path": ["encrypted"]} if {
	not _encrypted
	message := "the volume is not encrypted"
}

_encrypted if input.resource.configuration.encrypted == true
