//! What one scan says about each objective: the states of the resources in its scope, the findings
//! that are open, and those that turned out in time or late.
//!
//! A resource in scope is judged only by the rules in scope, and counts once. What cannot be told
//! from what was read counts as `unknown`: a stale resource, a list that could not be read, tags
//! that could not be read.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Indicator, Measure, Scope, Slo};
use crate::model::{
    AccountId, Evaluation, Finding, Listing, Pointer, Resolution, Resource, ResourceKey, ResourceType, Rule, RuleId,
    Severity, Snapshot,
};
use crate::sli::{By, Judged, State, never_seen};

/// One scan, as far as objectives look at it.
#[derive(Debug, Clone, Copy)]
pub struct Scanned<'a> {
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What the rules said about it.
    pub evaluations: &'a [Evaluation],
    /// The rules that judged.
    pub rules: &'a [Rule],
    /// Every finding that is open after the scan, and every one that it resolved.
    pub findings: &'a [Observed<'a>],
    /// The latest end of all scans before, also where a clock went back; `None` for the first scan of
    /// a ledger.
    pub before: Option<Timestamp>,
    /// When it ended.
    pub at: Timestamp,
}

/// A finding, and what the scan did to it.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The finding after the scan.
    pub finding: &'a Finding,
    /// What the scan did to it.
    pub event: Event,
}

/// What a scan does to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It opened it, or opened it again.
    Opened {
        /// How long after the change: exact where the time of the change is known, else since the last
        /// scan that saw this part of the estate without it. `None` where neither is known, and where
        /// it was not the estate that changed: the first scan of a part, a new rule, a waiver that
        /// ended. Such a finding is neither detected in time nor late.
        delay: Option<SignedDuration>,
    },
    /// It learned how long after the change the finding was opened, now or by a scan before: that is
    /// counted here and nowhere else, and the finding itself is observed beside it.
    Detected {
        /// How long after the change, as for `Opened`.
        delay: SignedDuration,
    },
    /// It left it open, whether it was seen or not.
    Open,
    /// It resolved it.
    Resolved,
}

/// What a scan says about each objective, in the order of `slos`.
///
/// The work is evaluations + resources × objectives that the account and type admit.
#[must_use]
pub fn measure(slos: &[Slo], scanned: &Scanned<'_>) -> Vec<Measure> {
    let rules = RulesInScope::new(slos, scanned.rules);
    let judged = Judged::new(scanned.evaluations, scanned.rules);
    let mut measures = vec![Measure::default(); slos.len()];
    let mut admitted = Admitted::new(slos, &rules, &judged);
    for resource in &scanned.snapshot.resources {
        let objectives = admitted.of(&resource.account, resource.resource_type);
        if objectives.is_empty() {
            continue;
        }
        let answers = judged.about(resource);
        for index in objectives {
            let state = match tagged(&slos[*index].scope, resource) {
                Tagged::No => continue,
                Tagged::Yes => answers.state(|by| rules.count(*index, by)),
                Tagged::Unknown => Some(State::Unknown),
            };
            if let Some(state) = state {
                measures[*index].resources.add(state, 1);
            }
        }
    }
    for listing in never_seen(scanned.snapshot) {
        add_unlisted(listing, &mut admitted, &mut measures);
    }
    add_findings(slos, scanned, &rules, &mut measures);
    measures
}

fn add_unlisted(listing: &Listing, admitted: &mut Admitted<'_>, measures: &mut [Measure]) {
    for index in admitted.of(&listing.account, listing.resource_type) {
        measures[*index].resources.add(State::Unknown, 1);
    }
}

/// Whether a resource has the tags of a scope.
enum Tagged {
    Yes,
    No,
    /// Its tags could not be read.
    Unknown,
}

fn tagged(scope: &Scope, resource: &Resource) -> Tagged {
    if scope.tags.is_empty() {
        return Tagged::Yes;
    }
    let tags = Pointer::new("/tags");
    if resource.unknown.contains(&tags) {
        return Tagged::Unknown;
    }
    let has = |(key, pattern): (&String, &crate::model::Pattern)| {
        resource.tags.get(key).is_some_and(|value| pattern.matches(value))
    };
    if scope.tags.iter().all(has) { Tagged::Yes } else { Tagged::No }
}

/// Which rules count for which objective.
struct RulesInScope<'a> {
    places: HashMap<&'a RuleId, usize>,
    by_objective: Vec<Vec<bool>>,
}

impl<'a> RulesInScope<'a> {
    fn new(slos: &[Slo], rules: &'a [Rule]) -> Self {
        let counts = |slo: &Slo| rules.iter().map(|rule| slo.scope.has_rule(rule)).collect();
        Self {
            places: rules.iter().enumerate().map(|(place, rule)| (&rule.id, place)).collect(),
            by_objective: slos.iter().map(counts).collect(),
        }
    }

    fn count(&self, objective: usize, by: By) -> bool {
        by.rule.is_some_and(|rule| self.by_objective[objective][rule])
    }

    /// Whether the findings of a rule count. Of a rule that is gone only the id and the severity are
    /// known.
    fn counts_finding(&self, objective: usize, scope: &Scope, finding: &Finding) -> bool {
        match self.places.get(&finding.rule) {
            Some(rule) => self.by_objective[objective][*rule],
            None => scope.frameworks.is_empty() && scope.has_rule_id(&finding.rule, finding.severity),
        }
    }
}

impl Scope {
    /// Whether a rule is in scope.
    #[must_use]
    pub fn has_rule(&self, rule: &Rule) -> bool {
        let serves = |framework: &String| rule.controls.get(framework).is_some_and(|controls| !controls.is_empty());
        self.has_rule_id(&rule.id, rule.severity) && (self.frameworks.is_empty() || self.frameworks.iter().any(serves))
    }

    fn has_rule_id(&self, rule: &RuleId, severity: Severity) -> bool {
        let severe = self.severity.is_none_or(|least| severity >= least);
        severe && (self.rules.is_empty() || self.rules.iter().any(|pattern| pattern.matches(rule.as_str())))
    }

    pub(super) fn has_place(&self, account: &AccountId, resource_type: ResourceType) -> bool {
        (self.services.is_empty() || self.services.contains(&resource_type.service()))
            && (self.accounts.is_empty() || self.accounts.contains(account))
    }
}

/// The objectives whose scope admits an account and a type, and has a rule for the type.
struct Admitted<'a> {
    slos: &'a [Slo],
    rules: &'a RulesInScope<'a>,
    judged: &'a Judged<'a>,
    known: HashMap<(AccountId, ResourceType), Vec<usize>>,
}

impl<'a> Admitted<'a> {
    fn new(slos: &'a [Slo], rules: &'a RulesInScope<'a>, judged: &'a Judged<'a>) -> Self {
        Self { slos, rules, judged, known: HashMap::new() }
    }

    fn of(&mut self, account: &AccountId, resource_type: ResourceType) -> &[usize] {
        let Self { slos, rules, judged, known } = self;
        known.entry((account.clone(), resource_type)).or_insert_with(|| {
            let admits = |(index, slo): &(usize, &Slo)| {
                let applies = |by: &By| rules.count(*index, *by);
                slo.scope.has_place(account, resource_type) && judged.applying(resource_type).iter().any(applies)
            };
            slos.iter().enumerate().filter(admits).map(|(index, _)| index).collect()
        })
    }
}

fn add_findings(slos: &[Slo], scanned: &Scanned<'_>, rules: &RulesInScope<'_>, measures: &mut [Measure]) {
    let needs_tags = slos.iter().any(|slo| !slo.scope.tags.is_empty());
    let mut resources: HashMap<ResourceKey, &Resource> = HashMap::new();
    if needs_tags {
        resources.extend(scanned.snapshot.resources.iter().map(|resource| (ResourceKey::from(resource), resource)));
    }
    for observed in scanned.findings {
        let finding = observed.finding;
        let resource = resources.get(&finding.resource).copied();
        for (index, slo) in slos.iter().enumerate() {
            let in_scope = rules.counts_finding(index, &slo.scope, finding)
                && slo.scope.has_place(&finding.resource.account, finding.resource.resource_type)
                && has_tags(&slo.scope, resource);
            if in_scope {
                add_finding(&mut measures[index], slo.indicator, observed, scanned);
            }
        }
    }
}

/// Whether the resource of a finding is in a scope by its tags. One whose tags could not be read is:
/// it fails, and nobody knows that it is somebody else's. One that is gone is not.
fn has_tags(scope: &Scope, resource: Option<&Resource>) -> bool {
    scope.tags.is_empty() || resource.is_some_and(|resource| !matches!(tagged(scope, resource), Tagged::No))
}

fn add_finding(measure: &mut Measure, indicator: Indicator, observed: &Observed<'_>, scanned: &Scanned<'_>) {
    let only_detected = matches!(observed.event, Event::Detected { .. });
    measure.open += u64::from(observed.finding.resolved.is_none() && !only_detected);
    let outcome = match indicator {
        Indicator::Detection { within, .. } => detection(observed.event, within),
        Indicator::Remediation { .. } if only_detected => None,
        Indicator::Remediation { within, .. } => remediation(observed.finding, within, scanned.before, scanned.at),
        Indicator::Compliance { .. } | Indicator::Coverage { .. } | Indicator::OpenTime { .. } => None,
    };
    match outcome {
        Some(Outcome::Within) => measure.within += 1,
        Some(Outcome::Late) => measure.late += 1,
        None => {}
    }
}

/// What became of a finding, counted once in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Within,
    Late,
}

/// Detection is judged when a finding opens, or as soon as its delay is known.
fn detection(event: Event, within: Duration) -> Option<Outcome> {
    let (Event::Opened { delay: Some(delay) } | Event::Detected { delay }) = event else { return None };
    let limit = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    Some(if delay <= limit { Outcome::Within } else { Outcome::Late })
}

/// Remediation is judged when a finding is fixed or its resource deleted in time, or else by the
/// first scan that ends after its time limit and finds it open, or only just resolved.
///
/// The limit lies between two scans exactly once, so that each opening is counted once at most. One
/// that ends in time by a waiver, or with its rule, is not counted: nothing was remediated. With a
/// limit of 7 d a finding of 1 March is late in the first scan after 8 March.
pub(super) fn remediation(
    finding: &Finding,
    within: Duration,
    before: Option<Timestamp>,
    at: Timestamp,
) -> Option<Outcome> {
    let limit = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    let due = finding.first_seen.saturating_add(limit).unwrap_or(Timestamp::MAX);
    if before.is_some_and(|before| before > due) {
        return None;
    }
    if at > due {
        return Some(Outcome::Late);
    }
    match finding.resolved.as_ref()?.how {
        Resolution::Fixed | Resolution::Deleted => Some(Outcome::Within),
        Resolution::Waived | Resolution::RuleRemoved => None,
    }
}
