//! Objectives on the page: what the ledger has measured of each, and what follows from it.
//!
//! The counters go on growing at the time of a scrape, as those of the whole estate do; shares and
//! rates are as of the last completed scan, because they need the ledger's history.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::catalogue as metric;
use super::published::{Published, SloState};
use super::series::Page;
use crate::slo::policy::Action as PolicyAction;
use crate::slo::{Indicator, Point, SloName, SloStatus, Tally};

/// Objectives by name.
pub type SloPages = BTreeMap<SloName, SloValues>;

/// One objective as the page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct SloValues {
    /// Digest of its definition. Another digest means that its counters begin anew.
    pub digest: String,
    /// The least share that must be good; `None` for an absolute budget.
    pub target: Option<f64>,
    /// The finding-time that may be used up in a window; `None` for a ratio.
    pub budget: Option<Duration>,
    /// The time over which it holds.
    pub window: Duration,
    /// What the last scan that measured it found, and what was gathered up to then; `None` before the
    /// first.
    pub latest: Option<Point>,
    /// Share of the budget that is left; `None` when nothing was measured.
    pub remaining: Option<f64>,
    /// Share of the window that was measured.
    pub window_coverage: Option<f64>,
    /// Burn rate over each of these times; one that is not there was not measured.
    pub burn_rates: BTreeMap<Duration, f64>,
    /// When the strictest active action ends, if nothing new burns.
    pub recovery: Option<Timestamp>,
    /// Actions that are active, and since when.
    pub actions: BTreeMap<PolicyAction, Timestamp>,
}

impl SloValues {
    /// The tally at `now`. 4 resources of which 1 fails add 1 s of `fail` and 3 s of `pass` in each
    /// second until the hold ends, and 4 s of `unknown` after it.
    #[must_use]
    pub fn tally(&self, now: Timestamp) -> Tally {
        self.latest.map(|latest| latest.at(now)).unwrap_or_default()
    }
}

impl From<&SloStatus> for SloValues {
    fn from(status: &SloStatus) -> Self {
        let SloStatus { slo, .. } = status;
        let burn_rates = status.burn_rates.iter().filter_map(|(window, rate)| Some((*window, (*rate)?)));
        let since = |action: &PolicyAction| Some((*action, status.state.since(*action)?));
        Self {
            digest: slo.digest(),
            target: slo.indicator.target(),
            budget: match slo.indicator {
                Indicator::OpenTime { budget } => Some(budget),
                _ => None,
            },
            window: slo.window.length(),
            latest: status.latest,
            remaining: status.spent.remaining,
            window_coverage: status.window_coverage,
            burn_rates: burn_rates.collect(),
            recovery: status.recovers,
            actions: PolicyAction::ALL.iter().filter_map(since).collect(),
        }
    }
}

/// The series of all objectives, and the decisions of the gate.
pub(super) fn fill(page: &mut Page, published: &Published, now: Timestamp) {
    for (name, values) in &published.slos {
        let slo = name.as_str();
        tally(page, slo, &values.tally(now));
        budget(page, slo, values);
        actions(page, slo, values);
    }
    for ((decision, reason), times) in &published.decisions {
        page.set(metric::GATE_DECISIONS, [decision.name(), reason], as_value(*times));
    }
}

/// Milliseconds become seconds here.
fn tally(page: &mut Page, slo: &str, tally: &Tally) {
    let states = &tally.resources;
    for state in SloState::ALL {
        let milliseconds = match state {
            SloState::Pass => states.pass,
            SloState::Fail => states.fail.total(),
            SloState::Waived => states.waived,
            SloState::Unknown => states.unknown,
        };
        page.set(metric::SLO_RESOURCE_SECONDS, [slo, state.name()], as_value(milliseconds) / 1000.0);
    }
    page.set(metric::SLO_FINDING_OPEN_SECONDS, [slo], as_value(tally.open) / 1000.0);
    page.set(metric::SLO_FINDINGS, [slo, "within"], as_value(tally.within));
    page.set(metric::SLO_FINDINGS, [slo, "late"], as_value(tally.late));
}

fn budget(page: &mut Page, slo: &str, values: &SloValues) {
    let gauges = [
        (metric::SLO_OBJECTIVE, values.target),
        (metric::SLO_BUDGET, values.budget.map(|budget| budget.as_secs_f64())),
        (metric::SLO_WINDOW, Some(values.window.as_secs_f64())),
        (metric::SLO_REMAINING, values.remaining),
        (metric::SLO_WINDOW_COVERAGE, values.window_coverage),
        (metric::SLO_RECOVERY, values.recovery.map(|at| at.as_duration().as_secs_f64())),
    ];
    for (metric, value) in gauges {
        if let Some(value) = value {
            page.set(metric, [slo], value);
        }
    }
    for (window, rate) in &values.burn_rates {
        page.set(metric::SLO_BURN_RATE, [slo, &window_name(*window)], *rate);
    }
}

fn actions(page: &mut Page, slo: &str, values: &SloValues) {
    for action in PolicyAction::ALL {
        let since = values.actions.get(action);
        page.set(metric::POLICY_ACTION, [slo, action.name()], if since.is_some() { 1.0 } else { 0.0 });
        if let Some(since) = since {
            page.set(metric::POLICY_ACTION_SINCE, [slo, action.name()], since.as_duration().as_secs_f64());
        }
    }
}

/// The label of a window: `5m`, `6h`, `3d`, the longest unit that it is a whole number of.
#[must_use]
pub fn window_name(window: Duration) -> String {
    let seconds = window.as_secs();
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    match units.iter().find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", seconds / size),
        None => format!("{seconds}s"),
    }
}

/// Counts and milliseconds stay far below 2^53, where `f64` stops being exact.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53; a thousand resources for 285 years are below it")]
const fn as_value(count: u64) -> f64 {
    count as f64
}
