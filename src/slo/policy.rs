//! The budget policy: what the state of budgets means for changes.
//!
//! A stage is entered below one value of the remaining budget and left above a higher one, so that
//! a budget that moves about one value does not open and close the gate. Where data is missing
//! nothing moves: what was active stays active, and a change needs approval. There is no setting
//! by which missing data means "allow".

mod charge;
mod decision;
mod stage;
mod telling;

use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use charge::{Charge, Effect, Plan, Planned, charge};
pub use decision::{BreakGlassRefused, Decision, Grant, Outcome, Reason, Ruling, Standing, Why};
pub use stage::{Cause, Evidence, Missing, State, Transition, Triggered};
pub use telling::Target;

use super::TierName;
use crate::model::Pattern;

/// A whole policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The objectives it is about, by name; those of any other name decide nothing.
    pub objectives: Vec<Pattern>,
    /// What the remaining budget means; at most one stage for each action.
    pub stages: Vec<Stage>,
    /// What a fast burn means.
    pub triggers: Vec<Trigger>,
    /// The least share of what was expected that must be known, now and over the measured part of
    /// the window; with less, stages hold and changes need approval.
    pub minimum_coverage: f64,
    /// How long an objective must have been measured; before that changes need approval.
    pub minimum_history: Duration,
    /// Stages that are set aside.
    pub exceptions: Vec<Exception>,
    /// How a person may set the answer aside.
    pub break_glass: BreakGlass,
}

/// A policy that is about no objective.
pub static NO_POLICY: Policy = Policy {
    objectives: Vec::new(),
    stages: Vec::new(),
    triggers: Vec::new(),
    minimum_coverage: 1.0,
    minimum_history: Duration::ZERO,
    exceptions: Vec::new(),
    break_glass: BreakGlass { maximum: Duration::ZERO, approvers: 2, ticket_required: true },
};

/// What happens to changes, least strict first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They go ahead, and it is said that the budget is low.
    Warn,
    /// They go ahead once a person approves.
    RequireApproval,
    /// Only those that reduce risk go ahead.
    Freeze,
}

impl Action {
    /// All of them, least strict first.
    pub const ALL: &[Self] = &[Self::Warn, Self::RequireApproval, Self::Freeze];

    /// The word in configuration, tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::RequireApproval => "require_approval",
            Self::Freeze => "freeze",
        }
    }
}

/// One stage: active from when the remaining budget falls to `enter` until it rises above `exit_above`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stage {
    /// What it does.
    pub action: Action,
    /// Where it begins.
    pub enter: Enter,
    /// The remaining share of the budget above which it ends.
    pub exit_above: f64,
}

/// Where a stage begins, as a remaining share of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Enter {
    /// Below this.
    Below(f64),
    /// At this, or below.
    AtMost(f64),
}

impl Enter {
    /// The number itself.
    #[must_use]
    pub const fn share(self) -> f64 {
        match self {
            Self::Below(share) | Self::AtMost(share) => share,
        }
    }

    /// Whether so much remaining budget enters the stage.
    #[must_use]
    pub fn holds(self, remaining: f64) -> bool {
        match self {
            Self::Below(share) => remaining < share,
            Self::AtMost(share) => remaining <= share,
        }
    }
}

/// What a fast burn means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trigger {
    /// When it begins and ends.
    pub burning: Burning,
    /// What it does.
    pub action: Action,
    /// Until when a person must have looked, counted from the beginning.
    pub review_within: Option<Duration>,
}

/// A burn that is too fast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Burning {
    /// From when both windows of the tier burn faster than its factor, until the long one does not.
    Tier(TierName),
    /// While this window burns faster than this.
    Over {
        /// The window.
        window: Duration,
        /// The burn rate.
        above: f64,
    },
}

/// Objectives whose stages are set aside until a day. Missing data is never set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// The objectives, by name.
    pub objectives: Vec<Pattern>,
    /// Who answers for it.
    pub owner: String,
    /// Where it was agreed.
    pub ticket: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub expires: Date,
}

/// How a person may set the answer aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BreakGlass {
    /// For how long at most.
    pub maximum: Duration,
    /// How many people must agree.
    pub approvers: u32,
    /// Whether a ticket must be named.
    pub ticket_required: bool,
}
