//! Configuration of what watches: access analyzers and trails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `AWS::AccessAnalyzer::Analyzer`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Analyzer {
    /// `ACCOUNT`, `ORGANIZATION`, `ACCOUNT_UNUSED_ACCESS`, …
    pub analyzer_type: String,
    /// `ACTIVE` when it analyses.
    pub status: String,
}

/// `AWS::CloudTrail::Trail`, in its home region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trail {
    /// Bucket that the logs go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
}
