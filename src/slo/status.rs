//! Everything about one objective at a moment: how much of its budget is used up, how fast, until
//! when, and what the policy makes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::policy::{Evidence, Policy, Ruling, State, Transition};
use super::{History, Point, Slo, Spent, Tally, burn_rate, known, readings, spent};

/// How long a burn must have gone on for the date on which a budget runs out to follow from it.
pub const EXHAUSTION_OVER: Duration = Duration::from_hours(24);

/// One objective at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct SloStatus {
    /// The objective.
    pub slo: Slo,
    /// Since when it is measured, as far as is remembered; `None` when it never was.
    pub since: Option<Timestamp>,
    /// How much of its budget is used up.
    pub spent: Spent,
    /// The share of the window that was measured; `None` when nothing was.
    pub window_coverage: Option<f64>,
    /// Burn rates by window; `None` where nothing was measured.
    pub burn_rates: BTreeMap<Duration, Option<f64>>,
    /// When the budget is used up if it goes on burning as over [`EXHAUSTION_OVER`]; `None` when it
    /// never is, and when it is used up already.
    pub exhausts: Option<Timestamp>,
    /// When the strictest active stage ends, or some budget remains again, if nothing new burns;
    /// `None` when there is nothing to recover from, and when that never happens.
    pub recovers: Option<Timestamp>,
    /// What the policy looks at.
    pub evidence: Evidence,
    /// Which stages and triggers are active now.
    pub state: State,
    /// What began or ended since they were last looked at.
    pub transitions: Vec<Transition>,
    /// What the policy says; `None` when it is not about this objective.
    pub ruling: Option<Ruling>,
    /// What the last scan measured; `None` when none did.
    pub latest: Option<Point>,
    /// What was gathered up to now.
    pub tally: Tally,
}

/// Everything about one objective.
///
/// `points` are those since the beginning of the window and of the longest burn, with the last one
/// before, oldest first. `before` is what was active when the policy was last asked.
#[must_use]
pub fn status(slo: &Slo, points: &[Point], policy: &Policy, before: &State, now: Timestamp) -> SloStatus {
    let readings = readings(points, now);
    let history = History::new(slo, &readings, now);
    let added = history.over_window();
    let spent = spent(&slo.indicator, &added);
    let windows = policy.burn_windows();
    let burn_rates: BTreeMap<Duration, Option<f64>> =
        windows.iter().map(|window| (*window, burn_rate(slo, &history.over(*window), *window))).collect();
    let latest = points.last().copied();
    let since = history.since();
    let evidence = Evidence {
        remaining: spent.remaining,
        burn_rates: burn_rates.clone(),
        known_now: latest
            .and_then(|point| known(&slo.indicator, &Tally { resources: point.measure.resources, ..Tally::default() })),
        known: known(&slo.indicator, &added),
        measured_for: since.map(|since| length(now.duration_since(since))).unwrap_or_default(),
        is_fresh: latest.is_none_or(|point| now <= point.until()),
    };
    let (state, transitions) = policy.advance(slo, &evidence, before, now);
    let is_used_up = spent.remaining.is_some_and(|remaining| remaining <= 0.0);
    let above = policy.exit_of(&state).or_else(|| is_used_up.then_some(0.0));
    SloStatus {
        since,
        spent,
        window_coverage: history.window_coverage(),
        burn_rates,
        exhausts: history.exhausts(EXHAUSTION_OVER).filter(|at| !is_used_up && *at > now),
        recovers: above.zip(latest).and_then(|(above, latest)| history.recovers(&latest.measure, above)),
        ruling: policy.rule(slo, &evidence, &state, now),
        evidence,
        state,
        transitions,
        latest,
        tally: history.tally(now),
        slo: slo.clone(),
    }
}

impl Slo {
    /// From when on the past is needed to know everything about the objective.
    #[must_use]
    pub fn needed_since(&self, policy: &Policy, now: Timestamp) -> Timestamp {
        let longest = policy.burn_windows().into_iter().max().unwrap_or_default().max(EXHAUSTION_OVER);
        let longest = SignedDuration::try_from(longest).unwrap_or(SignedDuration::MAX);
        self.window.start(now).min(now.checked_sub(longest).unwrap_or(Timestamp::MIN))
    }
}

fn length(elapsed: SignedDuration) -> Duration {
    Duration::try_from(elapsed).unwrap_or_default()
}
