//! What a plan would do to a budget: which of its failures an objective counts, and how fast they
//! would burn what remains until they are fixed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::model::{ResourceKey, Rule};
use crate::slo::{Indicator, Slo, SloName, Spent};

/// What a plan does to what is judged.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// What will fail and does not fail now, or fails in a worse way.
    pub adds: &'a [Planned<'a>],
    /// What fails before it, whether it goes on failing or not: a resource that fails already is no
    /// further failing resource.
    pub before: &'a [Planned<'a>],
    /// How many failures it ends, by fixing or deleting.
    pub ends: usize,
    /// How much of it cannot be judged: unknown evaluations of what it touches, parts that it does
    /// not tell, resources that no rule judges.
    pub unknown: usize,
}

/// One rule that fails on one resource once a plan is applied.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The resource.
    pub resource: &'a ResourceKey,
    /// Its tags after the plan; `None` when they are not known, which is then taken to be in scope.
    pub tags: Option<&'a BTreeMap<String, String>>,
}

/// Which way a plan moves what fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Something will fail that does not fail now.
    AddsFailures,
    /// Something ends to fail, nothing begins to, and nothing of it is unknown.
    ReducesRisk,
    /// Neither.
    Neutral,
}

impl Plan<'_> {
    /// Which way the plan moves what fails. One that fixes one thing and adds another adds.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        match (self.adds.is_empty(), self.unknown, self.ends) {
            (false, ..) => Effect::AddsFailures,
            (true, 0, 1..) => Effect::ReducesRisk,
            (true, ..) => Effect::Neutral,
        }
    }

    /// Why a plan that ends failures and adds none is not taken to only reduce risk; `None` when it is,
    /// or when it does something else.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let is_doubtful = self.adds.is_empty() && self.ends > 0 && self.unknown > 0;
        is_doubtful.then(|| {
            let (ends, unknown) = (counted(self.ends, "failure"), counted(self.unknown, "part"));
            format!(
                "the plan ends {ends} and adds none, but {unknown} of it cannot be judged, so that it may do more than \
                 reduce risk; --ledger tells the gate what the last scan saw"
            )
        })
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// What a plan would burn of one budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Charge {
    /// The objective.
    pub slo: SloName,
    /// Resources in scope that will fail and do not fail now; findings, for an objective about
    /// findings.
    pub adds: u64,
    /// What that adds to the burn rate; `None` for numbers of findings, which do not burn with time.
    pub burn_rate: Option<f64>,
    /// The share of what remains of the budget that is burnt in an hour; `None` when nothing remains
    /// or nothing is known.
    pub per_hour: Option<f64>,
    /// How long what remains lasts if only this burns.
    pub lasts: Option<Duration>,
}

/// What a plan would burn of an objective's budget until it is fixed; `None` when nothing that it adds
/// is in scope.
///
/// 2 buckets of 100 will fail, the target is 0.995 and 85.7 % of 336 resource-hours remain: they burn
/// at 2 / 100 / 0.005 = 4 times the even rate and use up 2 of 288 hours, 0.7 % of what remains, per hour.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a plan has far less than 2^52 resources")]
pub fn charge(slo: &Slo, plan: &Plan<'_>, spent: &Spent, valid_now: u64) -> Option<Charge> {
    let in_scope = plan.adds.iter().filter(|planned| planned.is_in(slo));
    let before = plan.before.iter().filter(|planned| planned.is_in(slo));
    let failing: BTreeSet<&ResourceKey> = before.clone().map(|planned| planned.resource).collect();
    let open: BTreeSet<_> = before.map(|planned| (&planned.rule.id, planned.resource)).collect();
    let mut by_resource: BTreeSet<&ResourceKey> = in_scope.clone().map(|planned| planned.resource).collect();
    let mut by_finding: BTreeSet<_> = in_scope.map(|planned| (&planned.rule.id, planned.resource)).collect();
    by_resource.retain(|resource| !failing.contains(resource));
    by_finding.retain(|finding| !open.contains(finding));
    let (adds, burn_rate) = match slo.indicator {
        Indicator::Compliance { target } => {
            let failing = by_resource.len() as f64;
            let valid = valid_now.max(by_resource.len() as u64) as f64;
            (by_resource.len(), Some(failing / valid / (1.0 - target)))
        }
        Indicator::OpenTime { budget } => {
            let even = budget.as_secs_f64() / slo.window.length().as_secs_f64();
            (by_finding.len(), Some(by_finding.len() as f64 / even))
        }
        Indicator::Detection { .. } | Indicator::Remediation { .. } => (by_finding.len(), None),
        Indicator::Coverage { .. } => return None,
    };
    if adds == 0 {
        return None;
    }
    let hour = 3_600_000.0 * adds as f64;
    let left = (spent.budget - spent.used).max(0.0);
    let burns = burn_rate.is_some() && spent.remaining.is_some();
    let lasts =
        burns.then(|| Duration::try_from_secs_f64((left / adds as f64 / 1000.0).floor()).unwrap_or(Duration::MAX));
    Some(Charge {
        slo: slo.name.clone(),
        adds: adds as u64,
        burn_rate,
        per_hour: (burns && left > 0.0).then(|| hour / left),
        lasts,
    })
}

impl Planned<'_> {
    fn is_in(&self, slo: &Slo) -> bool {
        let scope = &slo.scope;
        let has = |(key, pattern): (&String, &crate::model::Pattern)| {
            self.tags.is_none_or(|tags| tags.get(key).is_some_and(|value| pattern.matches(value)))
        };
        scope.has_rule(self.rule)
            && scope.has_place(&self.resource.account, self.resource.resource_type)
            && scope.tags.iter().all(has)
    }
}
