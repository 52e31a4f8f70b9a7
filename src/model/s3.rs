//! Configuration of S3 buckets and access points.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PolicyDocument;

/// The four access-block flags of a bucket, an access point or an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy serves only the account itself and AWS services.
    pub restrict_public_buckets: bool,
}

/// `AWS::S3::Bucket`. An absent field that is not in `unknown` means that AWS has no such
/// configuration on the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// The bucket policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDocument>,
    /// Object ownership: `BucketOwnerEnforced` (ACLs off), `BucketOwnerPreferred` or
    /// `ObjectWriter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
    /// ACL grants, sorted. With `BucketOwnerEnforced` there is only the owner's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acl: Option<Vec<AclGrant>>,
    /// The bucket's own access block; absent means four times false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_access_block: Option<PublicAccessBlock>,
    /// Default encryption. AWS has applied AES256 to every bucket since 2023.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<BucketEncryption>,
    /// Versioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versioning: Option<BucketVersioning>,
    /// Server access logging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<BucketLogging>,
    /// Lifecycle rules, sorted by id; absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_rules: Option<Vec<LifecycleRule>>,
    /// Object lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<ObjectLock>,
    /// Replication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// Event notifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
    /// Static website hosting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    /// What AWS itself concluded; never drift, never in a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<BucketObserved>,
}

/// Who a grant is for, and what it grants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AclGrant {
    /// `owner`, a canonical user id, an e-mail address, or a group URI such as
    /// `http://acs.amazonaws.com/groups/global/AllUsers`. The bucket owner's own id is written
    /// `owner`, so that a planned ACL equals the live one.
    pub grantee: String,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
}

/// Default encryption of new objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketEncryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub algorithm: String,
    /// KMS key, when one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Whether a bucket key is used.
    pub bucket_key_enabled: bool,
}

/// Versioning state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketVersioning {
    /// `Enabled`, `Suspended` or `Disabled` (never enabled).
    pub status: String,
    /// Whether deleting a version needs MFA.
    pub mfa_delete: bool,
}

/// Where access logs go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketLogging {
    /// Bucket name.
    pub target_bucket: String,
    /// Key prefix.
    pub target_prefix: String,
}

/// One lifecycle rule, as far as rules need it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LifecycleRule {
    /// Rule id.
    pub id: String,
    /// Whether it is applied.
    pub enabled: bool,
    /// Key prefix it is limited to; absent means the whole bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Days until current versions expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_days: Option<i32>,
    /// Days until noncurrent versions expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_expiration_days: Option<i32>,
    /// Days until incomplete multipart uploads are removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_incomplete_upload_days: Option<i32>,
    /// Days until current versions move to another storage class for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition_days: Option<i32>,
    /// Days until noncurrent versions move to another storage class for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_transition_days: Option<i32>,
}

/// Object lock and its default retention.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectLock {
    /// Whether object lock is on.
    pub enabled: bool,
    /// `GOVERNANCE` or `COMPLIANCE`, when a default retention is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Default retention in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i32>,
    /// Default retention in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<i32>,
}

/// Replication to other buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// ARN of the role that replicates.
    pub role: String,
    /// Rules, sorted by id.
    #[serde(default)]
    pub rules: Vec<ReplicationRule>,
}

/// One replication rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationRule {
    /// Rule id.
    pub id: String,
    /// Whether it is applied.
    pub enabled: bool,
    /// ARN of the destination bucket.
    pub destination: String,
    /// Destination account, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// Where events go; ARNs, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notifications {
    /// Topics, queues and functions.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Whether events go to EventBridge.
    pub event_bridge: bool,
}

/// Static website hosting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Website {
    /// Index document suffix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_document: Option<String>,
    /// Host that all requests are redirected to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_all_requests_to: Option<String>,
}

/// What AWS itself concluded about the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BucketObserved {
    /// `GetBucketPolicyStatus`: whether AWS calls the bucket policy public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_is_public: Option<bool>,
}

/// `AWS::S3::AccessPoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessPoint {
    /// Bucket name.
    pub bucket: String,
    /// `Internet` or `VPC`.
    pub network_origin: String,
    /// VPC id, when limited to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// The access point's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDocument>,
    /// The access point's own access block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_access_block: Option<PublicAccessBlock>,
}

/// `AWS::S3::MultiRegionAccessPoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MultiRegionAccessPoint {
    /// The alias that requests are sent to, which its ARN is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// `READY`, `CREATING`, …
    pub status: String,
    /// Names of the buckets it leads to, sorted.
    #[serde(default)]
    pub buckets: Vec<String>,
    /// The access point's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDocument>,
    /// The access point's own access block, which cannot be changed after creation; absent means
    /// four times false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_access_block: Option<PublicAccessBlock>,
}

/// `AWS::S3Express::DirectoryBucket`. AWS blocks public access to it, and nobody can change that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryBucket {
    /// Lifecycle rules, sorted by id; absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_rules: Option<Vec<LifecycleRule>>,
}
