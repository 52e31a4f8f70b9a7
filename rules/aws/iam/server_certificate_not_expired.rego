# METADATA
# title: Server certificates in IAM have not expired
# description: >-
#   Clients refuse an expired certificate, and one that nobody removed may be put back into use by
#   mistake.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
# custom:
#   severity: low
#   severity_reason: >-
#     An expired certificate lets nobody in; what breaks is the service that still shows it.
#   resource_types: ["AWS::IAM::ServerCertificate"]
#   controls:
#     cis-5.0: ["1.18"]
#     cis-3.0: ["1.19"]
#     security-hub: ["IAM.26"]
#     prowler: [iam_no_expired_server_certificates_stored]
#   reads: [expires]
#   remediation:
#     text: >-
#       Delete the certificate, and move what uses it to AWS Certificate Manager.
#     cli: |
#       # Refused while a load balancer uses it
#       aws iam delete-server-certificate --server-certificate-name NAME
package aws.iam.server_certificate_not_expired

# no terraform: what is not used or has ended leaves; there is nothing to add

deny contains {"message": message, "path": ["expires"]} if {
	expires := input.resource.configuration.expires
	time.parse_rfc3339_ns(expires) < time.parse_rfc3339_ns(input.now)
	message := sprintf("the certificate expired on %s", [substring(expires, 0, 10)])
}
