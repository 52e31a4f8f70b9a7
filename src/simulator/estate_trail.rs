//! What CloudTrail holds in an account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::estate::is_default;

/// A trail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// Its home region.
    pub region: String,
    /// Name of the bucket that the logs go to.
    pub bucket: String,
    /// Key prefix of the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The account that owns it, when that is another one: a trail of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it records its home region only.
    #[serde(default, skip_serializing_if = "is_default")]
    pub single_region: bool,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stopped: bool,
    /// Whether digests are written.
    #[serde(default, skip_serializing_if = "is_default")]
    pub validated: bool,
    /// ARN of the KMS key that logs are encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Basic selectors; without any selector all management events are recorded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub selectors: Vec<Selector>,
    /// Advanced selectors.
    #[serde(default, skip_serializing_if = "is_default")]
    pub advanced_selectors: Vec<AdvancedSelector>,
}

/// A basic selector, which records management events too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub events: String,
    /// Whose data events.
    #[serde(default, skip_serializing_if = "is_default")]
    pub data: Vec<DataEvents>,
}

/// Resources whose data events are recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataEvents {
    /// `AWS::S3::Object`, …
    pub of: String,
    /// What their ARNs begin with.
    pub arns: Vec<String>,
}

/// An advanced selector: conditions on fields, by operator (`Equals`, `NotStartsWith`, …).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvancedSelector {
    /// Its name.
    pub name: String,
    /// Values by field and operator.
    pub fields: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A call that CloudTrail's event history knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailEvent {
    /// Its id.
    pub id: String,
    /// When it was called.
    pub at: Timestamp,
    /// The region whose history has it; that of global services is `us-east-1`.
    pub region: String,
    /// The service, `s3.amazonaws.com`.
    pub source: String,
    /// The operation, `PutBucketPolicy`.
    pub name: String,
    /// ARN of the caller.
    pub who: String,
    /// Resources by type, as CloudTrail names them: `AWS::S3::Bucket` and the bucket's name.
    pub resources: Vec<(String, String)>,
    /// Whether it only reads.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reads: bool,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
