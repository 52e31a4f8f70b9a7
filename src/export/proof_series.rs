//! Input series of generated unit tests: counters of one objective that grow at rates of our choice.

use std::time::Duration;

use super::promql::{allowance, window};
use super::text::number;
use super::yaml::Yaml;
use crate::slo::{Indicator, Slo};

/// What an objective's counters do for some steps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// This much of the whole is bad; of an absolute budget, this many findings are open.
    Bad(f64),
    /// The same with twice the resources, as many of them bad as before.
    Doubled(f64),
    /// Nobody looks: resource time is unknown, findings do not accrue.
    Unseen,
    /// The counters begin anew at zero, with this much bad.
    Reset(f64),
}

/// Resources, or findings in an hour, of the tests.
const WHOLE: f64 = 1000.0;
/// Counters do not begin at zero, where Prometheus extrapolates less.
const BEGIN: f64 = 1e7;

/// The series of an objective through phases of so many steps.
pub(super) fn series(slo: &Slo, step: Duration, phases: &[(Phase, usize)]) -> Vec<Yaml> {
    let seconds = step.as_secs_f64();
    let named = |metric: &str, label: &str, growth: &dyn Fn(Phase) -> f64| {
        let name = format!("{metric}{{slo=\"{}\"{label}}}", slo.name);
        input(
            &name,
            &values(
                &phases
                    .iter()
                    .map(|(phase, steps)| (growth(*phase) * seconds, *steps, is_reset(*phase)))
                    .collect::<Vec<_>>(),
            ),
        )
    };
    let resources = |state: &str, growth: &dyn Fn(Phase) -> f64| {
        named("plimsoll_slo_resource_seconds_total", &format!(",state=\"{state}\""), growth)
    };
    let coverage = matches!(slo.indicator, Indicator::Coverage { .. });
    let compliance = matches!(slo.indicator, Indicator::Compliance { .. });
    let unknown = |phase| match phase {
        Phase::Unseen => WHOLE,
        Phase::Bad(_) | Phase::Doubled(_) | Phase::Reset(_) if coverage => bad(phase),
        _ => 0.0,
    };
    let failing = |phase| if compliance { bad(phase) } else { 0.0 };
    let passing = |phase| whole(phase) - unknown(phase) - failing(phase);
    let mut series = vec![
        resources("fail", &failing),
        resources("pass", &passing),
        resources("unknown", &unknown),
        resources("waived", &|_| 0.0),
    ];
    match slo.indicator {
        Indicator::OpenTime { .. } => {
            series.push(named("plimsoll_slo_finding_open_seconds_total", "", &|phase| bad(phase) / WHOLE));
        }
        Indicator::Detection { .. } | Indicator::Remediation { .. } => {
            let (late, within) = (|phase| bad(phase) / 3600.0, |phase| (known(phase) - bad(phase)) / 3600.0);
            series.push(named("plimsoll_slo_findings_total", ",outcome=\"late\"", &late));
            series.push(named("plimsoll_slo_findings_total", ",outcome=\"within\"", &within));
        }
        Indicator::Compliance { .. } | Indicator::Coverage { .. } => {}
    }
    series
}

fn bad(phase: Phase) -> f64 {
    match phase {
        Phase::Bad(share) | Phase::Doubled(share) | Phase::Reset(share) => share * WHOLE,
        Phase::Unseen => 0.0,
    }
}

fn whole(phase: Phase) -> f64 {
    if matches!(phase, Phase::Doubled(_)) { 2.0 * WHOLE } else { WHOLE }
}

fn known(phase: Phase) -> f64 {
    if matches!(phase, Phase::Unseen) { 0.0 } else { whole(phase) }
}

const fn is_reset(phase: Phase) -> bool {
    matches!(phase, Phase::Reset(_))
}

/// Values in promtool's notation, from growth per step, number of steps, and whether they begin anew.
fn values(phases: &[(f64, usize, bool)]) -> String {
    let mut value = BEGIN;
    let mut texts = vec![number(value)];
    for &(growth, steps, anew) in phases.iter().filter(|(_, steps, _)| *steps > 0) {
        value = if anew { growth } else { value + growth };
        texts.push(format!("{}+{}x{}", number(value), number(growth), steps - 1));
        #[expect(clippy::cast_precision_loss, reason = "numbers of steps are small")]
        let further = (steps - 1) as f64;
        value += growth * further;
    }
    texts.join(" ")
}

/// One input series.
pub(super) fn input(series: &str, values: &str) -> Yaml {
    Yaml::map([("series", Yaml::text(series)), ("values", Yaml::text(values))])
}

/// How a tier's test runs: history, then badness of `share`, and the step at which the tier fires.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    /// Steps without anything bad.
    pub(super) history: usize,
    /// How much is bad from then on.
    pub(super) share: f64,
    /// Steps of badness after which the tier fires, and not one before.
    pub(super) steps: usize,
}

/// The badness that crosses a threshold half-way between two steps.
///
/// The mean over a long window of L steps after x bad ones is `share × x / L`. With
/// `share = threshold × L / (k + ½)` it is below the threshold at x = k and above it at k + 1. k is a
/// quarter of the window, or as much as keeps the share of a ratio at most 1.
pub(super) fn course(slo: &Slo, threshold: f64, long: Duration, step: Duration) -> Course {
    #[expect(clippy::cast_possible_truncation, reason = "windows are days, in steps of a minute or more")]
    let length = (long.as_secs() / step.as_secs().max(1)) as usize;
    #[expect(clippy::cast_precision_loss, reason = "numbers of steps are small")]
    let (whole, quarter) = (length as f64, (length / 4) as f64);
    let needed = if slo.indicator.target().is_some() { (threshold * whole).ceil() } else { 0.0 };
    let last_silent = quarter.max(needed);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
    let steps = last_silent as usize + 1;
    Course { history: length + 5, share: threshold * whole / (last_silent + 0.5), steps }
}

/// The badness that uses up half of a budget over its window.
pub(super) fn half_of_the_budget(slo: &Slo) -> f64 {
    allowance(slo).1 / 2.0
}

/// The steps of a window.
pub(super) fn steps(slo: &Slo, step: Duration) -> usize {
    usize::try_from(window(slo).as_secs() / step.as_secs().max(1)).unwrap_or(usize::MAX)
}
