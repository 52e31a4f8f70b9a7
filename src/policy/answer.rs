//! What evaluating a request gives: a decision, and why, layer by layer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A kind of policy that takes part in a decision, in the order in which AWS asks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Resource control policies of the organization of the resource's account.
    ResourceControl,
    /// Service control policies of the organization of the principal's account.
    ServiceControl,
    /// The resource's own policy; the trust policy of a role, the key policy of a key.
    Resource,
    /// Policies of the user (with its groups) or of the role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Policies handed over when the session was made.
    Session,
}

impl Layer {
    /// The name in texts: `service control policy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::Resource => "resource policy",
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One statement of one policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatementRef {
    /// The policy's name as handed in: an ARN, `inline read`, `trust policy`.
    pub policy: String,
    /// Index in the canonical document.
    pub statement: usize,
    /// Its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// What an answer waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The value of a condition key, in lower case.
    Key(String),
    /// A policy that was not read or not understood, and why.
    Policy(String),
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key}"),
            Self::Policy(why) => write!(f, "{why}"),
        }
    }
}

/// Whether something holds, in three values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It depends on these.
    Depends(BTreeSet<Need>),
}

impl Truth {
    /// Known.
    #[must_use]
    pub const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// It depends on this.
    #[must_use]
    pub fn depends_on(need: Need) -> Self {
        Self::Depends(BTreeSet::from([need]))
    }

    /// Whether both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) | (other, Self::Yes) => other,
            (Self::Depends(left), Self::Depends(right)) => Self::Depends(united(left, right)),
        }
    }

    /// Whether one of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, other) | (other, Self::No) => other,
            (Self::Depends(left), Self::Depends(right)) => Self::Depends(united(left, right)),
        }
    }

    /// Whether it does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            depends @ Self::Depends(_) => depends,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        Self::of(holds)
    }
}

fn united(mut left: BTreeSet<Need>, right: BTreeSet<Need>) -> BTreeSet<Need> {
    left.extend(right);
    left
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Allowed, whatever is unknown.
    Allow,
    /// Denied, whatever is unknown.
    Deny(Denial),
    /// Allowed or denied, by what these are.
    Depends(BTreeSet<Need>),
}

/// Why a request is denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// The first layer, in AWS's order, that denies.
    pub layer: Layer,
    /// The statement that denies explicitly; absent when nothing in the layer allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementRef>,
    /// In words, with what is missing.
    pub reason: String,
}

/// What one layer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerAnswer {
    /// The layer.
    pub layer: Layer,
    /// What it says by itself.
    pub says: Says,
    /// Statements that allow or deny the request, or that may.
    pub statements: Vec<StatementRef>,
    /// In words.
    pub reason: String,
}

/// What a layer says by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// A statement allows and none denies.
    Allow,
    /// A statement denies.
    ExplicitDeny,
    /// No statement allows or denies.
    ImplicitDeny,
    /// By what these are.
    Depends(BTreeSet<Need>),
    /// The layer is not asked for this request, and why stands in the reason.
    NotAsked,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// Every layer, in AWS's order.
    pub layers: Vec<LayerAnswer>,
}
