# METADATA
# title: Server certificates in IAM do not expire soon
# description: >-
#   IAM renews no certificate and warns of none. On the day it expires, clients turn away from
#   whatever still serves it.
# related_resources:
# - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
# custom:
#   severity: low
#   resource_types: ["AWS::IAM::ServerCertificate"]
#   controls: {}
#   reads: [expires]
#   parameters:
#     certificate_min_days_left: Days that a certificate must still be valid
#   remediation:
#     text: >-
#       Request a certificate from AWS Certificate Manager, which renews it by itself, let the load
#       balancer or distribution use that one, and delete the one in IAM.
#     cli: |
#       aws acm request-certificate --domain-name DOMAIN --validation-method DNS
#       # Once nothing uses the old one any more
#       aws iam delete-server-certificate --server-certificate-name NAME
package aws.iam.server_certificate_lasts

# no terraform: what is not used or has ended leaves; there is nothing to add

import data.lib.ages

deny contains {"message": message, "path": ["expires"]} if {
	expires := input.resource.configuration.expires
	left := ages.days_between(input.now, expires)
	left >= 0
	left < data.params.certificate_min_days_left
	message := sprintf("the certificate expires on %s, within %d days", [
		substring(expires, 0, 10),
		data.params.certificate_min_days_left,
	])
}
