//! A failing evaluation with identity and history.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Denial, ResourceKey, RuleId, Severity};

/// A failing evaluation with identity and history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Identity; see [`finding_id`].
    pub id: String,
    /// The rule.
    pub rule: RuleId,
    /// The rule's severity when last judged.
    pub severity: Severity,
    /// The resource.
    pub resource: ResourceKey,
    /// What offends, as last seen.
    pub denials: Vec<Denial>,
    /// When this opening was first seen.
    #[schemars(with = "String")]
    pub first_seen: Timestamp,
    /// The last scan in which it was seen failing. A scan in which the evaluation was unknown
    /// neither moves this nor resolves the finding.
    #[schemars(with = "String")]
    pub last_seen: Timestamp,
    /// When and how it was resolved; absent while open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// How often it came back after having been resolved.
    pub reopened: u32,
}

/// The end of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The scan that saw it gone.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// How.
    pub how: Resolution,
}

/// How a finding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The evaluation passes.
    Fixed,
    /// A complete listing no longer holds the resource.
    Deleted,
    /// It fails still, and that was accepted.
    Waived,
    /// The rule is gone or no longer applies.
    RuleRemoved,
}

impl Resolution {
    /// All resolutions.
    pub const ALL: &[Self] = &[Self::Fixed, Self::Deleted, Self::Waived, Self::RuleRemoved];

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Deleted => "deleted",
            Self::Waived => "waived",
            Self::RuleRemoved => "rule_removed",
        }
    }
}

/// Identity of the finding of one rule on one resource: 16 hex digits of BLAKE3 over rule,
/// account, region, type and ARN.
#[must_use]
pub fn finding_id(rule: &RuleId, resource: &ResourceKey) -> String {
    let text =
        format!("{rule}\n{}\n{}\n{}\n{}", resource.account, resource.region, resource.resource_type, resource.id);
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}
