//! One difference between two snapshots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChangeEvent, Pointer, ResourceKey, Witness};

/// What happened to one resource between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The resource.
    pub resource: ResourceKey,
    /// The name people use.
    pub name: String,
    /// Added, removed, changed or rewritten.
    pub kind: ChangeKind,
    /// Which way access moved: the union of the directions of `fields`.
    pub direction: Direction,
    /// What changed, sorted by place. Of an added or removed resource: how it lets in the world,
    /// if it does.
    pub fields: Vec<FieldChange>,
    /// What else follows, in words, also for other resources: who holds a policy that changed,
    /// which buckets an account's access block no longer closes. Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<String>,
    /// Names of the failover paths that worked before and do not any more because of this, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
    /// The API call that made it, where a finding that it opened knows that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ChangeEvent>,
}

impl Change {
    /// Whether something is not as it was: not so when a policy or a list of network entries is
    /// only written otherwise and means the same.
    #[must_use]
    pub const fn is_drift(&self) -> bool {
        !matches!(self.kind, ChangeKind::Rewritten)
    }
}

/// Added, removed, changed or rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Only the new snapshot has it.
    Added,
    /// Only the old snapshot has it, and the new one listed its type completely.
    Removed,
    /// Both have it, with different meaning.
    Changed,
    /// Both have it, written otherwise and with the same meaning: statements relabelled, split,
    /// merged or made redundant, network entries cut differently. Counted apart; no drift.
    Rewritten,
}

impl ChangeKind {
    /// All kinds.
    pub const ALL: &[Self] = &[Self::Added, Self::Removed, Self::Changed, Self::Rewritten];

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Rewritten => "rewritten",
        }
    }

    /// The directions that a change of this kind can have: access is not touched by what means
    /// the same.
    #[must_use]
    pub const fn directions(self) -> &'static [Direction] {
        match self {
            Self::Added | Self::Removed | Self::Changed => Direction::ALL,
            Self::Rewritten => &[Direction::Neutral],
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
    /// Not determined; the reason stands beside it.
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
    /// Where, in the document: below `/configuration`, `/tags` or `/name`, and `/facts` for what
    /// follows from all of it.
    pub path: Pointer,
    /// Canonical value before; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Canonical value after; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// Which way access moved.
    pub direction: Direction,
    /// Whether old and new are two ways of writing the same; the direction is neutral then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_meaning: bool,
    /// What is allowed now and was not, in words: `tcp 22 from 0.0.0.0/0`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<String>,
    /// What was allowed and is not now, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// Something that is let through now and was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gained_witness: Option<Witness>,
    /// Something that was let through and is not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_witness: Option<Witness>,
    /// Why the direction is not known, or what is to be known about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl FieldChange {
    /// A change of which nothing is known yet but the two values.
    #[must_use]
    pub const fn new(path: Pointer, old: Option<Value>, new: Option<Value>) -> Self {
        Self {
            path,
            old,
            new,
            direction: Direction::Neutral,
            same_meaning: false,
            gained: Vec::new(),
            lost: Vec::new(),
            gained_witness: None,
            lost_witness: None,
            reason: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_stored_before_witnesses_were_still_reads() {
        let stored = json!({
            "resource": {
                "account": "111122223333", "region": "global", "type": "AWS::S3::Bucket", "id": "arn:aws:s3:::b",
            },
            "name": "b",
            "kind": "changed",
            "direction": "unknown",
            "fields": [{"path": "/configuration/policy", "old": {}, "direction": "unknown", "gained": ["x"]}],
        });
        let change: Change = serde_json::from_value(stored.clone()).unwrap();
        let field = FieldChange {
            direction: Direction::Unknown,
            gained: vec!["x".to_owned()],
            ..FieldChange::new(Pointer::configuration("policy"), Some(json!({})), None)
        };
        assert_eq!(change.fields, [field]);
        assert_eq!(serde_json::to_value(&change).unwrap(), stored, "and nothing is added to it");
    }
}
