//! Indicators: how much of an estate fails, how much of it was seen, and for how long.
//!
//! [`assess`] turns one scan's evaluations into numbers of resources by state, for the whole and
//! for every severity, service, account, region and rule. [`accrue`] turns the standing between
//! scans into resource-time. `docs/sli.md` explains both with worked numbers.
//!
//! The one policy to know: trouble with reading moves a resource from a verdict to `unknown`. It
//! never takes it out of what was expected, and never makes it pass.

mod counters;
mod histogram;
mod integral;
mod judged;
mod states;

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use counters::{CallCount, Calls, Counters, EvaluationCounts};
pub use histogram::{Cumulative, DETECTION_BUCKETS, Exemplar, Histogram, REMEDIATION_BUCKETS};
pub use integral::{Integrals, Standing, accrue, hold};
pub use judged::{Answers, By, Judged, never_seen};
pub use states::{BySeverity, State, States};

pub use crate::model::DetectionBound;

use crate::model::{
    AccountId, Evaluation, Listing, Region, Resource, ResourceKey, Rule, RuleId, Service, Severity, Snapshot,
};

/// What one scan says about the estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// When collection began: the age of everything here.
    pub taken_at: Timestamp,
    /// All resources that a rule judges.
    pub overall: Indicator,
    /// The same, looking only at rules of this severity or worse: `high` answers "how many fail
    /// at high or critical?". `low` is the whole.
    pub severities: BTreeMap<Severity, Indicator>,
    /// By service.
    pub services: BTreeMap<Service, Indicator>,
    /// By account.
    pub accounts: BTreeMap<AccountId, Indicator>,
    /// By region.
    pub regions: BTreeMap<Region, Indicator>,
    /// Evaluations of each rule; a rule that judged nothing is there with zeros.
    pub rules: BTreeMap<RuleId, RuleCounts>,
}

impl Assessment {
    /// How old the data is.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.taken_at)
    }
}

/// Resources of one slice of the estate by state. Each is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// Numbers of resources; `unknown` includes `stale` and `unlisted`. Their total is what was
    /// expected.
    pub resources: States,
    /// Of the unknown: resources known from an earlier scan that could not be listed again.
    pub stale: u64,
    /// Of the unknown: lists that failed and of which nothing is known from earlier. Each counts
    /// as one resource, as nobody knows how many it hides.
    pub unlisted: u64,
}

/// The four shares of a slice, as published: none of them ever stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// `1 − fail / valid`; `null` when nothing has a verdict.
    pub compliance: Option<f64>,
    /// `fail / valid`.
    pub failing: Option<f64>,
    /// `valid / expected`.
    pub coverage: Option<f64>,
    /// `(fail + unknown) / expected`.
    pub bound: Option<f64>,
}

impl Indicator {
    /// The shares of this slice.
    #[must_use]
    pub fn ratios(&self) -> Ratios {
        let states = &self.resources;
        Ratios {
            compliance: states.compliance(),
            failing: states.failing_ratio(),
            coverage: states.coverage(),
            bound: states.bound(),
        }
    }

    fn add(&mut self, state: State, stale: bool) {
        self.resources.add(state, 1);
        self.stale += u64::from(stale);
    }

    fn add_unlisted(&mut self) {
        self.resources.unknown += 1;
        self.unlisted += 1;
    }
}

/// Evaluations of one rule by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCounts {
    /// The rule's severity.
    pub severity: Severity,
    /// Resources it passes.
    pub pass: u64,
    /// Resources it fails.
    pub fail: u64,
    /// Failures that were accepted.
    pub waived: u64,
    /// Resources it could not judge.
    pub unknown: u64,
}

impl RuleCounts {
    const fn none(severity: Severity) -> Self {
        Self { severity, pass: 0, fail: 0, waived: 0, unknown: 0 }
    }

    /// All its evaluations.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.pass + self.fail + self.waived + self.unknown
    }

    const fn add(&mut self, state: State) {
        match state {
            State::Pass => self.pass += 1,
            State::Fail(_) => self.fail += 1,
            State::Waived => self.waived += 1,
            State::Unknown => self.unknown += 1,
        }
    }
}

/// Counts resources by state.
///
/// A resource to which no rule applies is not counted. One to which a rule applies and which has
/// no evaluation is `unknown`, as is every stale one, whatever its evaluations say.
#[must_use]
pub fn assess(snapshot: &Snapshot, evaluations: &[Evaluation], rules: &[Rule]) -> Assessment {
    let judged = Judged::new(evaluations, rules);
    let mut assessment = empty(snapshot.taken_at, evaluations, rules);
    for resource in &snapshot.resources {
        assessment.add_resource(resource, &judged);
    }
    for listing in never_seen(snapshot) {
        assessment.add_unlisted(listing, &judged);
    }
    assessment
}

/// The state of every resource that a rule judges, as [`assess`] counts it.
#[must_use]
pub fn states(snapshot: &Snapshot, evaluations: &[Evaluation], rules: &[Rule]) -> HashMap<ResourceKey, State> {
    let judged = Judged::new(evaluations, rules);
    let worst = |resource| judged.about(resource).state(|_| true).map(|state| (ResourceKey::from(resource), state));
    snapshot.resources.iter().filter_map(worst).collect()
}

fn empty(taken_at: Timestamp, evaluations: &[Evaluation], rules: &[Rule]) -> Assessment {
    let mut counts: BTreeMap<_, _> =
        rules.iter().map(|rule| (rule.id.clone(), RuleCounts::none(rule.severity))).collect();
    for evaluation in evaluations {
        let count = counts.entry(evaluation.rule.clone()).or_insert_with(|| RuleCounts::none(evaluation.severity));
        count.add(State::of(&evaluation.verdict, evaluation.severity));
    }
    Assessment {
        taken_at,
        overall: Indicator::default(),
        severities: Severity::ALL.iter().map(|severity| (*severity, Indicator::default())).collect(),
        services: Service::ALL.iter().map(|service| (*service, Indicator::default())).collect(),
        accounts: BTreeMap::new(),
        regions: BTreeMap::new(),
        rules: counts,
    }
}

impl Assessment {
    fn add_resource(&mut self, resource: &Resource, judged: &Judged<'_>) {
        let stale = resource.stale_since.is_some();
        let answers = judged.about(resource);
        let Some(state) = answers.state(|_| true) else { return };
        self.overall.add(state, stale);
        self.services.entry(resource.resource_type.service()).or_default().add(state, stale);
        self.accounts.entry(resource.account.clone()).or_default().add(state, stale);
        self.regions.entry(resource.region.clone()).or_default().add(state, stale);
        for (severity, slice) in &mut self.severities {
            if let Some(state) = answers.state(|by| by.severity >= *severity) {
                slice.add(state, stale);
            }
        }
    }

    fn add_unlisted(&mut self, listing: &Listing, judged: &Judged<'_>) {
        let applying = judged.applying(listing.resource_type);
        if applying.is_empty() {
            return;
        }
        self.overall.add_unlisted();
        self.services.entry(listing.resource_type.service()).or_default().add_unlisted();
        self.accounts.entry(listing.account.clone()).or_default().add_unlisted();
        self.regions.entry(listing.region.clone()).or_default().add_unlisted();
        for (severity, slice) in &mut self.severities {
            if applying.iter().any(|by| by.severity >= *severity) {
                slice.add_unlisted();
            }
        }
    }
}

#[cfg(test)]
mod tests;
