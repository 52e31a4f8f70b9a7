# METADATA
# title: The root user has no access keys
# description: >-
#   Root keys sign any request in the account, no policy limits them, and a leaked one is the
#   account's end.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
# custom:
#   severity: critical
#   resource_types: ["AWS::::Account"]
#   controls:
#     cis-5.0: ["1.3"]
#     cis-3.0: ["1.4"]
#     fsbp: ["IAM.4"]
#   reads: [root.access_keys_present]
#   remediation:
#     text: >-
#       Sign in as root, delete its access keys under Security credentials, and give what used
#       them a role.
package aws.account.root_without_access_keys

deny contains {"message": message, "path": ["root", "access_keys_present"]} if {
	input.resource.configuration.root.access_keys_present == true
	message := "the root user has access keys"
}
