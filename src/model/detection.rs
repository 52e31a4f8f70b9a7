//! Configuration of what watches: access analyzers and trails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `AWS::AccessAnalyzer::Analyzer`: looks for access from outside an account or an organization,
/// for access inside it, or for access that nobody uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Analyzer {
    /// `ACCOUNT` and `ORGANIZATION` look for access from outside; the same with `_UNUSED_ACCESS` or
    /// `_INTERNAL_ACCESS` do not.
    pub analyzer_type: String,
    /// `ACTIVE` when it analyses; else `CREATING`, `DISABLED` or `FAILED`.
    pub status: String,
}

/// `AWS::CloudTrail::Trail`, in its home region. A trail of the organization that another account
/// owns stands beside the account's own: it records this account too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trail {
    /// Bucket that the logs go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Key prefix of the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Whether it records every region, or its home region only.
    pub multi_region: bool,
    /// Whether it records every account of the organization.
    pub organization: bool,
    /// Whether it is switched on.
    pub logging: bool,
    /// Whether digests show if a log file was changed.
    pub log_file_validation: bool,
    /// KMS key that the logs are encrypted with, when one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Basic selectors; a trail has these or advanced ones.
    #[serde(default)]
    pub event_selectors: Vec<EventSelector>,
    /// Advanced selectors: an event is recorded when one of them takes it.
    #[serde(default)]
    pub advanced_event_selectors: Vec<AdvancedEventSelector>,
}

/// A basic event selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// Whether management events are recorded.
    pub management_events: bool,
    /// Whose data events are recorded, sorted.
    #[serde(default)]
    pub data_resources: Vec<DataResource>,
}

/// Resources whose data events a basic selector records.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DataResource {
    /// `AWS::S3::Object`, `AWS::Lambda::Function` or `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// What their ARNs begin with, sorted; `arn:aws:s3` stands for every bucket.
    #[serde(default)]
    pub values: Vec<String>,
}

/// An advanced event selector: all its fields must take an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AdvancedEventSelector {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The fields, sorted.
    #[serde(default)]
    pub fields: Vec<FieldSelector>,
}

/// A test of one field of an event. One of the values of each list must take it, or none of the
/// `not_` lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FieldSelector {
    /// `eventCategory`, `readOnly`, `resources.type`, `resources.ARN`, …
    pub field: String,
    /// Values that are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Beginnings that are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Ends that are taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// Values that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Beginnings that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Ends that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}
