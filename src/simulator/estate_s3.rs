//! What S3 holds in an account.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::estate::{Tags, is_default};

/// The four flags of an access block, named after what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessBlock {
    /// New public ACLs are refused.
    #[serde(default)]
    pub block_acls: bool,
    /// Public ACLs have no effect.
    #[serde(default)]
    pub ignore_acls: bool,
    /// New public policies are refused.
    #[serde(default)]
    pub block_policy: bool,
    /// Public policies serve only the account itself.
    #[serde(default)]
    pub restrict_buckets: bool,
}

impl AccessBlock {
    /// All four flags set.
    pub const ALL: Self = Self { block_acls: true, ignore_acls: true, block_policy: true, restrict_buckets: true };
}

/// A bucket. An absent field is a configuration that was never made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The region it is in.
    pub region: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
    /// The bucket policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// `BucketOwnerEnforced`, `BucketOwnerPreferred` or `ObjectWriter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<String>,
    /// Grants beside the owner's full control.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grants: Vec<Grant>,
    /// The bucket's own access block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_block: Option<AccessBlock>,
    /// `AES256`, or the ARN of a KMS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// Versioning: `Enabled` or `Suspended`; absent when it was never on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versioning: Option<String>,
    /// Whether deleting a version needs MFA.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mfa_delete: bool,
    /// Where access logs go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Lifecycle rules.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lifecycle: Vec<LifecycleRule>,
    /// Object lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<ObjectLock>,
    /// Replication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// ARNs that events go to; `eventbridge` for the account's bus.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notifies: Vec<String>,
    /// Index document of a static website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website_index: Option<String>,
}

/// One ACL grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// A group (`AllUsers`, `AuthenticatedUsers`, `LogDelivery`) or a canonical user id.
    pub to: String,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
}

/// Where access logs go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// Bucket name.
    pub bucket: String,
    /// Key prefix.
    pub prefix: String,
}

/// One lifecycle rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// Rule id.
    pub id: String,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub disabled: bool,
    /// Key prefix it is limited to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub prefix: String,
    /// Days until current versions expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_days: Option<u32>,
    /// Days until noncurrent versions expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_days: Option<u32>,
    /// Days until incomplete uploads are removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_upload_days: Option<u32>,
    /// Days until current versions move to a cheaper storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_days: Option<u32>,
    /// Days until noncurrent versions move to a cheaper storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncurrent_archive_days: Option<u32>,
}

/// Object lock with its default retention.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectLock {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub mode: String,
    /// Retention in days.
    pub days: u32,
}

/// Replication to one bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// ARN of the role that replicates.
    pub role: String,
    /// Rule id.
    pub id: String,
    /// Name of the destination bucket.
    pub to: String,
    /// Destination account, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// An access point.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPoint {
    /// Its name.
    pub name: String,
    /// The region it is in.
    pub region: String,
    /// Name of the bucket it leads to.
    pub bucket: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// The VPC it is limited to; absent when the internet reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Its policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// Its access block.
    pub access_block: AccessBlock,
}

/// A multi-region access point.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiRegionAccessPoint {
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// Names of the account's buckets that it leads to.
    pub buckets: Vec<String>,
    /// Its policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// Its access block.
    pub access_block: AccessBlock,
}

/// A directory bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryBucket {
    /// Its name: a base name, the zone, and `--x-s3`.
    pub name: String,
    /// The region it is in.
    pub region: String,
    /// When it was created.
    pub created_days_ago: i64,
    /// Lifecycle rules.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lifecycle: Vec<LifecycleRule>,
}
