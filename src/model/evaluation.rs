//! One rule on one resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccountId, Pointer, Region, Resource, ResourceId, ResourceType, RuleId};

/// How bad a failing evaluation is. Ordered: `Low` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Hygiene.
    Low,
    /// A weakness that needs another one to do harm.
    Medium,
    /// A weakness that does harm by itself.
    High,
    /// Harm is under way or one request away.
    Critical,
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: &[Self] = &[Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Which resource an evaluation is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ResourceKey {
    /// Account.
    pub account: AccountId,
    /// Region.
    pub region: Region,
    /// Type.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// ARN.
    pub id: ResourceId,
}

impl ResourceKey {
    /// Puts id, account and region through a function that takes out what must not be printed.
    ///
    /// What is then no id is that of a planned resource; an account or region is unknown.
    pub fn map_texts(&mut self, change: impl Fn(&str) -> String) {
        let id = change(self.id.as_str());
        if id != self.id.as_str() {
            self.id = id.parse().or_else(|_| format!("terraform:{id}").parse()).unwrap_or_else(|_| self.id.clone());
        }
        if change(self.account.as_str()) != self.account.as_str() {
            self.account = AccountId::unknown();
        }
        if change(self.region.as_str()) != self.region.as_str() {
            self.region = Region::unknown();
        }
    }
}

impl From<&Resource> for ResourceKey {
    fn from(resource: &Resource) -> Self {
        Self {
            account: resource.account.clone(),
            region: resource.region.clone(),
            resource_type: resource.resource_type,
            id: resource.id.clone(),
        }
    }
}

/// One rule on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The rule.
    pub rule: RuleId,
    /// The rule's severity.
    pub severity: Severity,
    /// The resource.
    pub resource: ResourceKey,
    /// The answer.
    pub verdict: Verdict,
}

/// The answer of one rule about one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum Verdict {
    /// Everything the rule reads is known, and nothing offends.
    Pass,
    /// Something known offends.
    Fail {
        /// What offends, sorted.
        denials: Vec<Denial>,
        /// What else the rule reads and is not known, sorted: the failure stands without it, but
        /// a part of the rule that nothing offends is not thereby in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        open: Vec<String>,
    },
    /// The verdict hangs on something that is not known.
    Unknown {
        /// What it waits for, or what went wrong with the rule; sorted.
        causes: Vec<String>,
    },
    /// It fails, and that was accepted.
    Waived {
        /// What offends, sorted.
        denials: Vec<Denial>,
        /// What else the rule reads and is not known, sorted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        open: Vec<String>,
        /// Why that is accepted.
        reason: String,
    },
}

impl Verdict {
    /// The word in tables and labels.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::Unknown { .. } => "unknown",
            Self::Waived { .. } => "waived",
        }
    }
}

/// One thing that offends, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Denial {
    /// What is wrong, in words.
    pub message: String,
    /// Where it stands in the document; for a denial about something absent, where it would
    /// stand.
    pub path: Pointer,
    /// For a denial about a fact: the places the fact rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Pointer>,
    /// Which part of the rule it is about, for a rule that serves several controls; without one
    /// it is about the whole rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}
