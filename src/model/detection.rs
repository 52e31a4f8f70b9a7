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

/// `AWS::CloudTrail::Trail`, in its home region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trail {
    /// Bucket that the logs go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}
