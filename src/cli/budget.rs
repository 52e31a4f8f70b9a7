//! Arguments of `budget`: what people do about the budget policy, and what it did.

use clap::{Args, Subcommand};
use plimsoll::model::LedgerPlace;

/// What can be done with the budget policy.
#[derive(Debug, Subcommand)]
pub(crate) enum BudgetVerb {
    /// Break-glass: set the gate's answer aside for a while.
    ///
    /// Until its end plimsoll gate answers "override" where it would ask for approval or is frozen. What
    /// the rules say of a plan it does not lift. The terms are those of budget_policy.break_glass.
    Override(OverrideArgs),
    /// Say that a person has looked at what a burn rate reported.
    Review(ReviewArgs),
    /// Answers of the gate, latest first.
    Decisions(DecisionsArgs),
    /// Stages and burn rates that began or ended, latest first, with overrides.
    Transitions(TransitionsArgs),
    /// Who is to be told of transitions, and who could not be.
    Notifications(NotificationsArgs),
}

/// Which ledger.
#[derive(Debug, Clone, Args)]
pub(crate) struct BudgetLedger {
    /// The ledger: a file, or postgres://user@host/database; the configuration's otherwise.
    #[arg(long, value_name = "PLACE")]
    pub(crate) ledger: Option<LedgerPlace>,
}

/// Arguments of `budget override`.
#[derive(Debug, Clone, Args)]
pub(crate) struct OverrideArgs {
    /// Who agrees; repeated for several.
    #[arg(long = "approver", value_name = "NAME")]
    pub(crate) approvers: Vec<String>,
    /// Where it was agreed.
    #[arg(long, value_name = "TICKET")]
    pub(crate) ticket: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) reason: String,
    /// For how long, from now on, such as 2h.
    #[arg(long = "for", value_name = "DURATION", default_value = "1h")]
    pub(crate) length: String,
    #[command(flatten)]
    pub(crate) of: BudgetLedger,
}

/// Arguments of `budget review`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReviewArgs {
    /// The objective.
    pub(crate) slo: String,
    /// The burn rate, as plimsoll gate and plimsoll budget transitions name it: "fast: require_approval".
    pub(crate) trigger: String,
    /// Who looked.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// What was found.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) of: BudgetLedger,
}

/// Arguments of `budget decisions`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DecisionsArgs {
    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) of: BudgetLedger,
}

/// Arguments of `budget transitions`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TransitionsArgs {
    /// Since: a length of time up to now such as 7d, or a moment such as 2026-11-22T13:00Z.
    #[arg(long, value_name = "WHEN", default_value = "28d")]
    pub(crate) since: String,
    #[command(flatten)]
    pub(crate) of: BudgetLedger,
}

/// Arguments of `budget notifications`.
#[derive(Debug, Clone, Args)]
pub(crate) struct NotificationsArgs {
    /// Only dead letters: those that were given up.
    #[arg(long)]
    pub(crate) dead: bool,
    /// Have everybody who was given up told again, now and after the next scans.
    #[arg(long)]
    pub(crate) retry: bool,
    #[command(flatten)]
    pub(crate) of: BudgetLedger,
}
