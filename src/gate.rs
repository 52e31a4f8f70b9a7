//! May this change go ahead?
//!
//! [`decide`] compares the evaluations of what exists with those of what will exist, resource by
//! resource and rule by rule, and answers allowed, denied or incomplete. What the plan makes worse
//! denies, what was there before is listed, deleting is never a failure, and what is not known is
//! said to be unknown. A plan that tells less than everything can be denied, but is never allowed.

mod answer;
mod cause;
mod comparison;
mod exposure;
mod worse;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Change, Denial, Evaluation, Pointer, Resource, ResourceKey, ResourceType, RuleId, Severity};
use crate::slo::policy;

pub use answer::Remark;
pub use cause::{ToldBy, UnknownCause};
pub use comparison::Effect;
pub use exposure::{is_protected, unprotected};

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Resources that exist, and their evaluations.
    pub before: Side<'a>,
    /// Resources that will exist, and their evaluations by the same rules at the same time.
    pub after: Side<'a>,
    /// Addresses that the plan touches, with the planned actions.
    pub changed: &'a BTreeMap<String, Vec<String>>,
    /// Why the plan tells less than everything, in words.
    pub incomplete: &'a [String],
    /// How a resource that fails on both sides has moved.
    pub moved: Moved<'a>,
    /// Where the gate is set.
    pub policy: Policy,
}

/// Compares the two documents of one resource by meaning: what changed, and which way access moved;
/// `None` when nothing did.
#[derive(Clone, Copy)]
pub struct Moved<'a>(pub &'a dyn Fn(&Resource, &Resource) -> Option<Change>);

impl std::fmt::Debug for Moved<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Moved")
    }
}

/// One side of a change.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Resources.
    pub resources: &'a [Resource],
    /// Evaluations of these resources.
    pub evaluations: &'a [Evaluation],
    /// Their evaluations as if nothing outside the plan protected them, see [`unprotected`]; those
    /// of resources to which that makes no difference may be left out.
    pub exposed: &'a [Evaluation],
}

/// Where the gate is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Failures of this severity or worse deny; `None` never denies.
    pub fail_on: Option<Severity>,
    /// Which failures count.
    pub failures: Failures,
    /// What unknown evaluations of resources that the plan touches do.
    pub unknown: OnUnknown,
}

/// Which failures deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failures {
    /// Those that the plan makes: what failed before is only listed.
    New,
    /// All that will be there.
    All,
}

/// What unknown evaluations do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// They are listed.
    List,
    /// On resources that the plan touches they deny, if `fail_on` covers the rule's severity.
    Deny,
}

impl Default for Policy {
    fn default() -> Self {
        Self { fail_on: Some(Severity::High), failures: Failures::New, unknown: OnUnknown::List }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// What the rules say: allowed, denied, or neither. [`Decision::word`] is what the gate says.
    pub outcome: Outcome,
    /// Where the gate was set.
    pub policy: Policy,
    /// What is to be said of a plan that changes nothing that is judged.
    pub remark: Option<Remark>,
    /// Why there is no "allowed": what the plan leaves out.
    pub incomplete: Vec<String>,
    /// What the plan does to each rule of each resource, sorted by effect, severity and address;
    /// what passes before and after is left out.
    pub findings: Vec<GateFinding>,
    /// What the unknown and exposed ones wait for, the most frequent cause first.
    pub unknown_by_cause: Vec<UnknownCause>,
    /// How the indicator moves.
    pub sli: SliEffect,
    /// What came from a scan because the plan does not hold it; `None` when no scan was asked.
    pub filled: Option<Filled>,
    /// What the budget policy makes of it, together with the rules; `None` when it was not asked.
    pub budget: Option<policy::Decision>,
}

/// What was taken from a scan because the plan does not hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// Which scan: `ledger plimsoll.db`, `snapshot today.json`.
    pub from: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// How old it is now, in seconds.
    pub age_seconds: i64,
    /// Places of planned documents that it told.
    pub places: usize,
    /// The planned documents that these places are in.
    pub resources: usize,
    /// Live resources that facts looked at beside the planned ones.
    pub beside: usize,
    /// What it does not tell, a sentence each.
    pub notes: Vec<String>,
}

/// Allowed, denied, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing speaks against it.
    Allowed,
    /// A failure that the policy does not accept.
    Denied,
    /// Nothing known speaks against it, but the plan does not tell everything.
    Incomplete,
}

impl Outcome {
    /// The process exit code: 0, 10 or 3.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Denied => 10,
            Self::Incomplete => 3,
        }
    }

    /// The word in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What a plan does to one rule of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateFinding {
    /// What the plan does.
    pub effect: Effect,
    /// Whether this alone denies the plan.
    pub denies: bool,
    /// The rule.
    pub rule: RuleId,
    /// Its severity.
    pub severity: Severity,
    /// The resource's type.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// Its address in the plan, or its id when it has none.
    pub address: String,
    /// The name people use.
    pub name: String,
    /// The resource, after the plan; before it, when the plan deletes it.
    pub resource: ResourceKey,
    /// The planned actions; empty when the plan does not touch the resource itself.
    pub actions: Vec<String>,
    /// Whether the plan changes the resource, what belongs to it, or this rule's verdict on it.
    pub touched: bool,
    /// What offends after the plan; for what is fixed, what offended before; for what is exposed,
    /// what will offend if nothing outside the plan prevents it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denials: Vec<Denial>,
    /// What an unknown evaluation waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// Why a waived failure is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// How the share of failing resources moves, over the resources of the plan.
///
/// A resource counts once, by its worst evaluation; those whose state is unknown, and those that
/// no rule applies to, are not part of the share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SliEffect {
    /// Before the plan.
    pub before: Count,
    /// After it.
    pub after: Count,
}

/// Resources of the plan by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Failing resources.
    pub failing: usize,
    /// Resources that pass, fail or are waived.
    pub valid: usize,
    /// Resources whose state is unknown.
    pub unknown: usize,
}

impl Count {
    /// 1 − failing / valid; `None` without a valid resource.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no plan has 2^52 resources")]
    pub fn compliance(self) -> Option<f64> {
        (self.valid > 0).then(|| 1.0 - self.failing as f64 / self.valid as f64)
    }
}

impl std::fmt::Display for SliEffect {
    /// `adds 2 failing of 340: 99.1 % -> 98.5 %`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (was, is) = (self.before.failing, self.after.failing);
        match was.cmp(&is) {
            std::cmp::Ordering::Less => write!(f, "adds {} failing of {}", is - was, self.after.valid)?,
            std::cmp::Ordering::Greater => write!(f, "removes {} failing of {}", was - is, self.before.valid)?,
            std::cmp::Ordering::Equal => write!(f, "{is} failing of {}, as before", self.after.valid)?,
        }
        let percent = |count: Count| match count.compliance() {
            Some(share) => format!("{:.1} %", share * 100.0),
            None => "nothing judged".to_owned(),
        };
        write!(f, ": {} -> {}", percent(self.before), percent(self.after))?;
        if self.after.unknown > 0 {
            write!(f, ", {} unknown", self.after.unknown)?;
        }
        Ok(())
    }
}

/// Judges a change.
#[must_use]
pub fn decide(request: &Request<'_>) -> Decision {
    let comparison::Compared { mut findings, causes, changes } = comparison::compare(request);
    for finding in &mut findings {
        finding.denies = denies(finding, request.policy);
    }
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let outcome = if findings.iter().any(|finding| finding.denies) {
        Outcome::Denied
    } else if request.incomplete.is_empty() {
        Outcome::Allowed
    } else {
        Outcome::Incomplete
    };
    Decision {
        outcome,
        policy: request.policy,
        remark: Remark::of(request, changes),
        incomplete: request.incomplete.to_vec(),
        findings,
        unknown_by_cause: causes,
        sli: SliEffect { before: count(request.before), after: count(request.after) },
        filled: None,
        budget: None,
    }
}

fn denies(finding: &GateFinding, policy: Policy) -> bool {
    let counts = match finding.effect {
        Effect::NewFailure | Effect::Worse | Effect::Exposed => true,
        Effect::StillFailing => policy.failures == Failures::All,
        Effect::Unknown => policy.unknown == OnUnknown::Deny && finding.touched,
        Effect::Fixed | Effect::Deleted | Effect::Waived => false,
    };
    counts && policy.fail_on.is_some_and(|least| finding.severity >= least)
}

fn order(finding: &GateFinding) -> impl Ord + '_ {
    let (denies, severity) = (std::cmp::Reverse(finding.denies), std::cmp::Reverse(finding.severity));
    (denies, finding.effect, severity, &finding.address, &finding.rule, &finding.resource)
}

fn count(side: Side<'_>) -> Count {
    let mut failing: BTreeSet<&ResourceKey> = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    let mut judged = BTreeSet::new();
    for evaluation in side.evaluations {
        judged.insert(&evaluation.resource);
        match evaluation.verdict.name() {
            "fail" => _ = failing.insert(&evaluation.resource),
            "unknown" => _ = unknown.insert(&evaluation.resource),
            _ => {}
        }
    }
    let unknown = unknown.difference(&failing).count();
    Count { failing: failing.len(), valid: judged.len() - unknown, unknown }
}

impl Decision {
    /// Puts every text through a function: sensitive values of a plan must not be printed.
    pub fn map_texts(&mut self, change: impl Fn(&str) -> String) {
        for finding in &mut self.findings {
            finding.address = change(&finding.address);
            finding.name = change(&finding.name);
            finding.resource.map_texts(&change);
            for denial in &mut finding.denials {
                denial.message = change(&denial.message);
                for path in std::iter::once(&mut denial.path).chain(&mut denial.because) {
                    *path = Pointer::new(change(path.as_str()));
                }
            }
            for cause in &mut finding.waits_for {
                *cause = change(cause);
            }
        }
        for cause in &mut self.unknown_by_cause {
            cause.cause = change(&cause.cause);
        }
    }

    /// Puts the message of each denial through a function of the resource's address and of the places
    /// that the denial is about.
    pub fn map_messages(&mut self, change: impl Fn(&str, &[&Pointer], &str) -> String) {
        for finding in &mut self.findings {
            for denial in &mut finding.denials {
                let places: Vec<&Pointer> = std::iter::once(&denial.path).chain(&denial.because).collect();
                denial.message = change(&finding.address, &places, &denial.message);
            }
        }
    }

    /// How many findings have each effect, in words: `2 new failures, 1 unknown`.
    #[must_use]
    pub fn counts(&self) -> String {
        let counts = Effect::ALL.iter().map(|effect| (*effect, self.with(*effect).count()));
        let told = |(effect, count): (Effect, usize)| match (effect, count) {
            (_, 0) => None,
            (Effect::NewFailure, 2..) => Some(format!("{count} new failures")),
            (effect, count) => Some(format!("{count} {}", effect.name())),
        };
        let told: Vec<String> = counts.filter_map(told).collect();
        if told.is_empty() { "nothing to remark".to_owned() } else { told.join(", ") }
    }

    /// Findings with one effect.
    pub fn with(&self, effect: Effect) -> impl Iterator<Item = &GateFinding> {
        self.findings.iter().filter(move |finding| finding.effect == effect)
    }
}
