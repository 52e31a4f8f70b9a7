//! May we deploy now?
//!
//! Each objective has a ruling: its active stages and triggers, what evidence is missing, which
//! exception sets it aside. The decision is that of the strictest ruling. A plan is weighed against
//! it: one that only reduces risk passes stages, one that adds failures is charged.

use std::collections::BTreeSet;
use std::fmt;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Action, BreakGlass, Charge, Effect, Evidence, Exception, Missing, Policy, State};
use crate::slo::{Slo, SloName, length};

/// What is answered, least strict first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Yes.
    Allowed,
    /// Yes, and something is to be known.
    Warned,
    /// Yes, because people set a stricter answer aside.
    Override,
    /// Nobody knows: the plan does not tell everything.
    Incomplete,
    /// Once a person approves.
    ApprovalRequired,
    /// Only what reduces risk.
    Frozen,
    /// No: a rule denies the plan, which neither an approval nor break-glass lifts.
    Denied,
}

impl Outcome {
    /// All of them, least strict first.
    pub const ALL: &[Self] = &[
        Self::Allowed,
        Self::Warned,
        Self::Override,
        Self::Incomplete,
        Self::ApprovalRequired,
        Self::Frozen,
        Self::Denied,
    ];

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Warned => "warned",
            Self::Override => "override",
            Self::Incomplete => "incomplete",
            Self::ApprovalRequired => "approval_required",
            Self::Frozen => "frozen",
            Self::Denied => "denied",
        }
    }

    /// Whether the change goes ahead.
    #[must_use]
    pub fn goes_ahead(self) -> bool {
        self <= Self::Override
    }

    /// The process exit code: 0, 3, 10, 12 or 13.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Allowed | Self::Warned | Self::Override => 0,
            Self::Incomplete => 3,
            Self::Denied => 10,
            Self::ApprovalRequired => 12,
            Self::Frozen => 13,
        }
    }
}

impl From<Action> for Outcome {
    fn from(action: Action) -> Self {
        match action {
            Action::Warn => Self::Warned,
            Action::RequireApproval => Self::ApprovalRequired,
            Action::Freeze => Self::Frozen,
        }
    }
}

/// What the policy says about one objective now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ruling {
    /// The objective.
    pub slo: SloName,
    /// The strictest of the reasons.
    pub outcome: Outcome,
    /// The remaining share of its budget.
    pub remaining: Option<f64>,
    /// Why; empty when nothing is the matter.
    pub because: Vec<Reason>,
}

/// One reason of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The objective; `None` when it is about all.
    pub slo: Option<SloName>,
    /// What kind it is.
    pub why: Why,
    /// What it leads to.
    pub outcome: Outcome,
    /// In a sentence.
    pub text: String,
}

/// Kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// What the rules say of the plan.
    Rules,
    /// The answer could not be kept.
    Unrecorded,
    /// No objective decides.
    NoObjective,
    /// Evidence is missing.
    MissingData,
    /// The remaining budget.
    Budget,
    /// The burn rate.
    BurnRate,
    /// A review that is overdue.
    Review,
    /// An exception sets something aside.
    Exception,
    /// The plan only reduces risk.
    ReducesRisk,
    /// The plan adds failures.
    AddsFailures,
    /// A person approved.
    Approval,
    /// People set the answer aside.
    BreakGlass,
}

impl Why {
    /// The word in labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Unrecorded => "unrecorded",
            Self::NoObjective => "no_objective",
            Self::MissingData => "missing_data",
            Self::Budget => "budget",
            Self::BurnRate => "burn_rate",
            Self::Review => "review",
            Self::Exception => "exception",
            Self::ReducesRisk => "reduces_risk",
            Self::AddsFailures => "adds_failures",
            Self::Approval => "approval",
            Self::BreakGlass => "break_glass",
        }
    }
}

impl Policy {
    /// What the policy says about one objective; `None` when it is not about it.
    ///
    /// An exception lowers stages and triggers to a warning. It never stands in for missing evidence.
    #[must_use]
    pub fn rule(&self, slo: &Slo, evidence: &Evidence, state: &State, now: Timestamp) -> Option<Ruling> {
        if !self.decides(slo) {
            return None;
        }
        let reason = |why, outcome, text: String| Reason { slo: Some(slo.name.clone()), why, outcome, text };
        let exception = self.exceptions.iter().find(|exception| exception.holds_for(slo, now));
        let mut because: Vec<Reason> = Vec::new();
        for (action, since) in &state.stages {
            let text = format!("{} since {since}, with {} of the budget left", action.name(), left(evidence.remaining));
            because.push(reason(Why::Budget, Outcome::from(*action), text));
        }
        for (name, active) in &state.triggers {
            let text = format!("the budget burns too fast since {} ({name})", active.since);
            because.push(reason(Why::BurnRate, Outcome::from(active.action), text));
        }
        if let Some(exception) = exception.filter(|_| !because.is_empty()) {
            for reason in &mut because {
                reason.outcome = reason.outcome.min(Outcome::Warned);
            }
            because.push(reason(Why::Exception, Outcome::Warned, exception.to_string()));
        }
        for (name, due) in state.reviews.iter().filter(|(_, due)| **due < now) {
            let text = format!("a review was due at {due} ({name})");
            because.push(reason(Why::Review, Outcome::Warned, text));
        }
        if let Some(missing) = self.missing(evidence) {
            because.push(reason(Why::MissingData, Outcome::ApprovalRequired, missing_text(missing, state)));
        }
        because.sort_by_key(|reason| (std::cmp::Reverse(reason.outcome), reason.why));
        let outcome = because.iter().map(|reason| reason.outcome).max().unwrap_or(Outcome::Allowed);
        Some(Ruling { slo: slo.name.clone(), outcome, remaining: evidence.remaining, because })
    }
}

fn missing_text(missing: Missing, state: &State) -> String {
    let held = if state.strictest().is_some() { "; what was active stays active" } else { "" };
    format!("the budget is not known: {missing}{held}")
}

fn left(remaining: Option<f64>) -> String {
    remaining.map_or_else(|| "an unknown share".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

impl Exception {
    /// Whether it holds for an objective: until the end of its last day in UTC.
    #[must_use]
    pub fn holds_for(&self, slo: &Slo, now: Timestamp) -> bool {
        Offset::UTC.to_datetime(now).date() <= self.expires
            && self.objectives.iter().any(|pattern| pattern.matches(slo.name.as_str()))
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exception {} of {} until {}: {}", self.name, self.owner, self.expires, self.reason)?;
        self.ticket.iter().try_for_each(|ticket| write!(f, " ({ticket})"))
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// In a word.
    pub outcome: Outcome,
    /// The same without what the rules say of the plan.
    pub policy: Outcome,
    /// When.
    pub at: Timestamp,
    /// Why, what is strictest first. An allowed change has no reason.
    pub because: Vec<Reason>,
    /// What the policy says about each objective that decides, before anything was set aside.
    pub objectives: Vec<Standing>,
    /// Who approved, as the gate was told; also where that changed nothing.
    pub approved_by: BTreeSet<String>,
    /// What the plan does; `None` without a plan.
    pub effect: Option<Effect>,
    /// What the plan would burn.
    pub charges: Vec<Charge>,
}

/// One objective in an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// Its name.
    pub slo: SloName,
    /// What the policy says about it.
    pub outcome: Outcome,
    /// The remaining share of its budget; `None` when that is not known.
    pub remaining: Option<f64>,
}

impl Decision {
    /// The answer without a plan: that of the strictest ruling. Without a ruling a person must look,
    /// as nothing says that the change may go ahead.
    #[must_use]
    pub fn now(rulings: &[Ruling], at: Timestamp) -> Self {
        let mut because: Vec<Reason> = rulings.iter().flat_map(|ruling| ruling.because.clone()).collect();
        if rulings.is_empty() {
            let text = "no objective decides".to_owned();
            because.push(Reason { slo: None, why: Why::NoObjective, outcome: Outcome::ApprovalRequired, text });
        }
        let standing = |ruling: &Ruling| Standing {
            slo: ruling.slo.clone(),
            outcome: ruling.outcome,
            remaining: ruling.remaining,
        };
        Self {
            outcome: Outcome::Allowed,
            policy: Outcome::Allowed,
            at,
            because,
            objectives: rulings.iter().map(standing).collect(),
            approved_by: BTreeSet::new(),
            effect: None,
            charges: Vec::new(),
        }
        .settled()
    }

    /// The answer when the budgets could not be asked at all: a person must look.
    #[must_use]
    pub fn without_budgets(cause: impl fmt::Display, at: Timestamp) -> Self {
        let text = format!("no budget is known: {cause}");
        let because = vec![Reason { slo: None, why: Why::MissingData, outcome: Outcome::ApprovalRequired, text }];
        Self { because, ..Self::now(&[], at) }.settled()
    }

    /// The same answer for a plan.
    ///
    /// One that only reduces risk passes stages and triggers, whatever they say; missing evidence it
    /// does not replace. One that adds failures is told what it would burn.
    #[must_use]
    pub fn with_plan(mut self, effect: Effect, charges: Vec<Charge>) -> Self {
        if effect == Effect::ReducesRisk {
            let mut passed = false;
            for reason in &mut self.because {
                if matches!(reason.why, Why::Budget | Why::BurnRate) && reason.outcome > Outcome::Warned {
                    reason.outcome = Outcome::Warned;
                    passed = true;
                }
            }
            if passed {
                let text = "the plan only reduces risk, which passes every stage".to_owned();
                self.because.push(Reason { slo: None, why: Why::ReducesRisk, outcome: Outcome::Warned, text });
            }
        }
        for charge in &charges {
            let (slo, text) = (Some(charge.slo.clone()), charge.to_string());
            self.because.push(Reason { slo, why: Why::AddsFailures, outcome: Outcome::Warned, text });
        }
        self.effect = Some(effect);
        self.charges = charges;
        self.settled()
    }

    /// The same, with why the plan did not pass as one that only reduces risk, where that would have
    /// helped.
    #[must_use]
    pub fn doubting(mut self, doubt: Option<String>) -> Self {
        let stops =
            |reason: &Reason| matches!(reason.why, Why::Budget | Why::BurnRate) && reason.outcome > Outcome::Warned;
        if let Some(text) = doubt.filter(|_| self.because.iter().any(stops)) {
            self.because.push(Reason { slo: None, why: Why::ReducesRisk, outcome: Outcome::Warned, text });
        }
        self.settled()
    }

    /// The answer when people set it aside. What would go ahead anyway stays as it is.
    ///
    /// # Errors
    /// What is wrong with the grant; the answer then stands.
    pub fn overridden(mut self, by: &Grant, terms: BreakGlass) -> Result<Self, BreakGlassRefused> {
        terms.accepts(by, self.at)?;
        if self.outcome <= Outcome::Warned {
            return Ok(self);
        }
        let text = by.to_string();
        self.because.insert(0, Reason { slo: None, why: Why::BreakGlass, outcome: Outcome::Override, text });
        (self.outcome, self.policy) = (Outcome::Override, Outcome::Override);
        Ok(self)
    }

    /// The answer when these people approve, which is what "approval required" asks for. A freeze it does
    /// not lift. What was asked for is still told.
    #[must_use]
    pub fn approved(mut self, by: BTreeSet<String>) -> Self {
        if by.is_empty() {
            return self;
        }
        let names = by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut approval =
            Reason { slo: None, why: Why::Approval, outcome: Outcome::Warned, text: format!("approved by {names}") };
        match self.outcome {
            Outcome::ApprovalRequired => {
                self.because.insert(0, approval);
                (self.outcome, self.policy) = (Outcome::Warned, Outcome::Warned);
            }
            Outcome::Frozen => {
                approval.text.push_str(", which does not lift a freeze; only break-glass does");
                self.because.push(approval);
            }
            _ => {}
        }
        self.approved_by = by;
        self
    }

    /// The answer together with what the rules say of the plan: the stricter of the two. Nothing lifts
    /// what the rules say.
    #[must_use]
    pub fn judged(mut self, outcome: Outcome, text: String) -> Self {
        if outcome <= Outcome::Warned {
            return self;
        }
        let reason = Reason { slo: None, why: Why::Rules, outcome, text };
        if outcome > self.outcome {
            self.because.insert(0, reason);
            self.outcome = outcome;
        } else {
            self.because.push(reason);
        }
        self
    }

    /// The answer when it could not be kept. Nothing goes ahead without a trace, so that a person must
    /// look then.
    #[must_use]
    pub fn unrecorded(mut self, cause: impl fmt::Display) -> Self {
        let goes_ahead = self.outcome.goes_ahead();
        let text = format!("the answer, {}, could not be recorded: {cause}", self.outcome.name().replace('_', " "));
        let outcome = if goes_ahead { Outcome::ApprovalRequired } else { Outcome::Warned };
        let reason = Reason { slo: None, why: Why::Unrecorded, outcome, text };
        if goes_ahead {
            self.because.insert(0, reason);
            (self.outcome, self.policy) = (outcome, outcome);
        } else {
            self.because.push(reason);
        }
        self
    }

    /// What the policy alone says, without what the rules say of the plan, in words: `approval required`.
    #[must_use]
    pub fn policy_says(&self) -> String {
        self.policy.name().replace('_', " ")
    }

    /// The most important reason, in a word for labels; `none` when there is none.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.because.first().map_or("none", |reason| reason.why.name())
    }

    fn settled(mut self) -> Self {
        self.because.sort_by(|a, b| (b.outcome, a.why, &a.slo, &a.text).cmp(&(a.outcome, b.why, &b.slo, &b.text)));
        self.outcome = self.because.iter().map(|reason| reason.outcome).max().unwrap_or(Outcome::Allowed);
        self.policy = self.outcome;
        self
    }
}

impl fmt::Display for Charge {
    /// `adds 2 failing: 0.7 % of the remaining budget per hour`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plan adds {} failing", self.adds)?;
        match (self.per_hour, self.burn_rate, self.lasts) {
            (Some(share), _, Some(lasts)) => {
                let lasts = std::time::Duration::from_secs(lasts.as_secs() / 60 * 60);
                let percent = share * 100.0;
                write!(f, ": {percent:.1} % of the remaining budget per hour, which then lasts {}", length(lasts))
            }
            (None, Some(_), Some(_)) => f.write_str(": there is no budget left for it"),
            _ => Ok(()),
        }
    }
}

/// People who set an answer aside for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who agreed.
    pub approvers: BTreeSet<String>,
    /// Why.
    pub reason: String,
    /// Where it was agreed.
    pub ticket: Option<String>,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people: Vec<&str> = self.approvers.iter().map(String::as_str).collect();
        write!(f, "{} until {}: {}", people.join(", "), self.until, self.reason)?;
        self.ticket.iter().try_for_each(|ticket| write!(f, " ({ticket})"))
    }
}

/// Why an answer was not set aside: all that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer stands: {}", faults.join("; "))]
pub struct BreakGlassRefused {
    /// A sentence each.
    pub faults: Vec<String>,
}

impl BreakGlass {
    /// Whether a grant keeps to the terms.
    ///
    /// # Errors
    /// All that it does not keep to.
    pub fn accepts(self, grant: &Grant, now: Timestamp) -> Result<(), BreakGlassRefused> {
        let mut faults = Vec::new();
        // One person is one however the name is written.
        let names = grant.approvers.iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty());
        let people = names.collect::<BTreeSet<String>>().len();
        if people < usize::try_from(self.approvers).unwrap_or(usize::MAX) {
            faults.push(format!("{people} of {} people agreed", self.approvers));
        }
        if grant.reason.trim().is_empty() {
            faults.push("there is no reason".to_owned());
        }
        if self.ticket_required && grant.ticket.as_ref().is_none_or(|ticket| ticket.trim().is_empty()) {
            faults.push("there is no ticket".to_owned());
        }
        let maximum = SignedDuration::try_from(self.maximum).unwrap_or(SignedDuration::MAX);
        if grant.until.duration_since(grant.from) > maximum {
            faults.push(format!("it is for longer than {}", length(self.maximum)));
        }
        if now < grant.from {
            faults.push(format!("it begins at {}", grant.from));
        } else if now >= grant.until {
            faults.push(format!("it ended at {}", grant.until));
        }
        if faults.is_empty() { Ok(()) } else { Err(BreakGlassRefused { faults }) }
    }
}
