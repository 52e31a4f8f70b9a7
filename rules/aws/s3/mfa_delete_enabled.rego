# METADATA
# title: Deleting versions takes MFA
# description: >-
#   Otherwise stolen keys are enough to delete every version of every object. Only the root user can
#   turn it on, and AWS refuses it together with lifecycle rules, for which Security Hub lets buckets
#   pass and CIS does not. The rule judges only where it is asked for.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
# custom:
#   severity: low
#   enabled: false
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     cis-5.0: ["2.1.2"]
#     cis-3.0: ["2.1.2"]
#     security-hub: ["S3.20@no-lifecycle"]
#     prowler: [s3_bucket_no_mfa_delete]
#   reads: [versioning, lifecycle_rules]
#   remediation:
#     text: >-
#       Enable versioning with MFA delete as the root user, from the command line: neither the
#       console nor Terraform with other credentials can.
#     cli: |
#       # as the root user
#       aws s3api put-bucket-versioning --bucket BUCKET \
#         --versioning-configuration Status=Enabled,MFADelete=Enabled \
#         --mfa "arn:aws:iam::ACCOUNT:mfa/root-account-mfa-device CODE"
package aws.s3.mfa_delete_enabled

# no terraform: it takes a code of root's MFA device

deny contains {"message": message, "path": ["versioning", "mfa_delete"], "topic": "mfa"} if {
	not input.resource.configuration.versioning.mfa_delete
	message := "deleting versions takes no MFA"
}

deny contains {"message": message, "path": ["lifecycle_rules"], "topic": "no-lifecycle"} if {
	not input.resource.configuration.versioning.mfa_delete
	not input.resource.configuration.lifecycle_rules
	message := "no lifecycle rule keeps MFA delete from being turned on"
}
