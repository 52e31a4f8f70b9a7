//! One difference between two snapshots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Pointer, ResourceKey};

/// What happened to one resource between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The resource.
    pub resource: ResourceKey,
    /// The name people use.
    pub name: String,
    /// Added, removed or changed.
    pub kind: ChangeKind,
    /// Which way access moved: the union of the directions of `fields`.
    pub direction: Direction,
    /// What changed, sorted by place; empty for an added or removed resource.
    pub fields: Vec<FieldChange>,
    /// Names of the failover paths that worked before and do not any more because of this, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
}

/// Added, removed or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Only the new snapshot has it.
    Added,
    /// Only the old snapshot has it, and the new one listed its type completely.
    Removed,
    /// Both have it, with different meaning.
    Changed,
}

impl ChangeKind {
    /// All kinds.
    pub const ALL: &[Self] = &[Self::Added, Self::Removed, Self::Changed];

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// Which way access moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is allowed than before.
    Widened,
    /// Less is allowed than before.
    Narrowed,
    /// Some more and some less.
    Both,
    /// Access is not touched.
    Neutral,
    /// Not determined: a policy, or a value that is not known on one side.
    Unknown,
}

impl Direction {
    /// All directions.
    pub const ALL: &[Self] = &[Self::Widened, Self::Narrowed, Self::Both, Self::Neutral, Self::Unknown];

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Both => "both",
            Self::Neutral => "neutral",
            Self::Unknown => "unknown",
        }
    }
}

/// One attribute that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Where, in the document.
    pub path: Pointer,
    /// Canonical value before; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Canonical value after; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// Which way access moved.
    pub direction: Direction,
    /// What is allowed now and was not, in words: `tcp 22 from 0.0.0.0/0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<String>,
    /// What was allowed and is not now, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
}
