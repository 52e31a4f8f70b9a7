# METADATA
# title: Buckets are not public
# description: >-
#   Anyone on the internet, or anyone who opens an AWS account, can then list, read or change what
#   the policy, the ACL or an access point grants. What is left after access blocks, object
#   ownership and explicit denies counts. ACLs of single objects are judged by another rule.
# related_resources:
# - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html
# - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# custom:
#   severity: critical
#   resource_types: ["AWS::S3::Bucket"]
#   controls:
#     fsbp:
#     - S3.2@acl-read
#     - S3.2@point-read
#     - S3.2@policy-read
#     - S3.3@acl-write
#     - S3.3@point-write
#     - S3.3@policy-write
#     prowler:
#     - s3_bucket_policy_public_write_access@policy-write
#     - s3_bucket_public_access
#     - s3_bucket_public_list_acl@acl-list
#     - s3_bucket_public_write_acl@acl-write
#   reads: [facts.public_access, facts.public]
#   remediation:
#     text: >-
#       Turn on the public access block of the bucket or the account, and remove the policy
#       statement or ACL grant that is meant for everyone. For a website, serve the bucket through
#       CloudFront with origin access control instead.
#     terraform: |
#       resource "aws_s3_bucket_public_access_block" "this" {
#         bucket                  = aws_s3_bucket.this.id
#         block_public_acls       = true
#         ignore_public_acls      = true
#         block_public_policy     = true
#         restrict_public_buckets = true
#       }
#     cli: |
#       aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration \
#         BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
package aws.s3.not_public

# Names of objects are read too: a control about reading asks for both.
_topics := {
	"list": {"list", "read"},
	"read": {"read"},
	"write": {"write"},
	"tagging": {"write"},
	"permissions_management": {"write"},
}

_verbs := {
	"list": "list what is in the bucket",
	"read": "read",
	"write": "create, change or delete objects",
	"tagging": "change tags",
	"permissions_management": "change who gets at it",
}

_who := {"everyone": "anyone on the internet", "aws_accounts": "anyone with an AWS account"}

deny contains {"message": message, "path": ["facts", "public_access", "value", index], "topic": topic} if {
	some index, entry in input.resource.facts.public_access.value
	some level in entry.levels
	some part in _topics[level]
	topic := _topic(_door(entry.evidence), part)
	message := sprintf("%s can %s, by %s", [_who[entry.who], _verbs[level], entry.evidence])
}

_topic(door, "list") := sprintf("%s-list", [door])

_topic(door, "read") := sprintf("%s-read", [door])

_topic(door, "write") := sprintf("%s-write", [door])

# What lets them in: the ACL, the bucket's policy, or an access point.
_door(evidence) := "acl" if startswith(evidence, "/configuration/acl/")

_door(evidence) := "policy" if startswith(evidence, "/configuration/policy")

_door(evidence) := "point" if contains(evidence, "#")

# What exactly is open is not known yet, as in a plan that does not know all of a policy.
deny contains {"message": message, "path": ["facts", "public"]} if {
	input.resource.facts.public.value == true
	not _judged
	message := "anyone can reach the bucket: its policy or ACL is open to everyone"
}

_judged if input.resource.facts.public_access.value
