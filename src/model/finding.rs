//! A failing evaluation with identity and history.

use jiff::{SignedDuration, Timestamp};
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
    /// How long after the change this opening was first seen; absent where the estate did not change,
    /// or where nobody knows since when it could have: see [`Detected`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected: Option<Detected>,
}

/// How long it took from a change until its finding was first seen.
///
/// There is none for what a first scan finds, for a new or changed rule, for a waiver that ended, and
/// for a resource that was not in scope before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Detected {
    /// Whether the delay is that long, or at most that long.
    pub bound: DetectionBound,
    /// Whole seconds, rounded up, from the change to `first_seen`. With the bound `upper`: from the last
    /// scan that is known to have seen the resource pass, or a whole list without it.
    pub delay_seconds: u64,
    /// The API call that made the change. With the bound `upper` several calls may have made it, and
    /// this is the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<ChangeEvent>,
}

impl Detected {
    /// The delay.
    #[must_use]
    pub fn delay(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.delay_seconds).unwrap_or(i64::MAX))
    }
}

/// How a delay of detection is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetectionBound {
    /// From the last scan that saw the unit without it: the change came later than that, so that the
    /// delay was shorter.
    Upper,
    /// From the moment of the change.
    Exact,
}

impl DetectionBound {
    /// Both of them.
    pub const ALL: &[Self] = &[Self::Upper, Self::Exact];

    /// The word in labels and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upper => "upper",
            Self::Exact => "exact",
        }
    }
}

/// One API call that changed a resource, as CloudTrail recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeEvent {
    /// CloudTrail's id of the event.
    pub id: String,
    /// The API operation, such as `PutBucketPolicy`.
    pub name: String,
    /// When it was called, to the second.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Who called it: an ARN where the event has one.
    pub who: String,
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
