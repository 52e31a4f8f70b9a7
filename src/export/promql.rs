//! The arithmetic of one objective in PromQL.
//!
//! A ratio is bad time (or findings) over all of it; an absolute budget of open time is the mean
//! number of findings open at once, which burns at 1 when it is `budget / window`.

use std::time::Duration;

use super::Exported;
use super::text::{duration, number};
use crate::slo::{BURN_WINDOWS, Cadence, Indicator, Slo, Tier, TimeWindow};

/// What a month of the calendar counts as where a length is needed, such as in factors.
const MONTH: Duration = Duration::from_hours(30 * 24);

impl Exported<'_> {
    /// A range or delay, scaled.
    pub(super) fn range(&self, length: Duration) -> String {
        duration(self.scaled(length))
    }

    pub(super) fn scaled(&self, length: Duration) -> Duration {
        length / self.time_scale.max(1)
    }
}

/// The length of an objective's window.
pub(super) const fn window(slo: &Slo) -> Duration {
    match slo.window {
        TimeWindow::Rolling(length) => length,
        TimeWindow::Month => MONTH,
    }
}

/// Whether PromQL can look back over the objective's window: it has no months of the calendar.
pub(super) const fn has_range(slo: &Slo) -> bool {
    matches!(slo.window, TimeWindow::Rolling(_))
}

/// The windows that are recorded for an objective, shortest first.
pub(super) fn windows(slo: &Slo) -> Vec<Duration> {
    let mut windows = BURN_WINDOWS.to_vec();
    windows.extend(slo.tiers.iter().flat_map(|tier| [tier.long, tier.short]));
    windows.retain(|length| *length < window(slo));
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// The series whose growth is bad, and those whose growth is the whole; none for an absolute budget.
pub(super) fn events(slo: &Slo) -> Option<(String, String)> {
    let name = slo.name.as_str();
    let resources = |state: &str| format!("plimsoll_slo_resource_seconds_total{{slo=\"{name}\"{state}}}");
    let findings = |outcome: &str| format!("plimsoll_slo_findings_total{{slo=\"{name}\"{outcome}}}");
    match slo.indicator {
        Indicator::Compliance { .. } => Some((resources(",state=\"fail\""), resources(",state=~\"pass|fail|waived\""))),
        Indicator::Coverage { .. } => Some((resources(",state=\"unknown\""), resources(""))),
        Indicator::Detection { .. } | Indicator::Remediation { .. } => {
            Some((findings(",outcome=\"late\""), findings("")))
        }
        Indicator::OpenTime { .. } => None,
    }
}

/// The series that grows while findings are open.
pub(super) fn open_seconds(slo: &Slo) -> String {
    format!("plimsoll_slo_finding_open_seconds_total{{slo=\"{}\"}}", slo.name)
}

/// The function that turns counters into what grew: findings are few, and counted; time has a rate.
pub(super) const fn growth(slo: &Slo) -> &'static str {
    match slo.indicator {
        Indicator::Detection { .. } | Indicator::Remediation { .. } => "increase",
        Indicator::Compliance { .. } | Indicator::Coverage { .. } | Indicator::OpenTime { .. } => "rate",
    }
}

/// What the burn rate is measured against: the share that may be bad, or the mean number of findings
/// that may be open. As an expression, and as a number.
pub(super) fn allowance(slo: &Slo) -> (String, f64) {
    if let Indicator::OpenTime { budget } = slo.indicator {
        let (budget, window) = (budget.as_secs_f64(), window(slo).as_secs_f64());
        return (format!("{} / {}", number(budget), number(window)), budget / window);
    }
    let budget = 1.0 - slo.indicator.target().unwrap_or_default();
    (number(budget), budget)
}

/// The name of what is recorded of an objective over a window.
pub(super) fn recorded(slo: &Slo, length: Duration) -> String {
    format!("{}_rate{}", recorded_stem(slo), duration(length))
}

/// The same over the objective's own window.
pub(super) fn recorded_window(slo: &Slo) -> &'static str {
    match slo.indicator {
        Indicator::OpenTime { .. } => "plimsoll:slo_open:seconds_window",
        _ => "plimsoll:slo_error:ratio_window",
    }
}

const fn recorded_stem(slo: &Slo) -> &'static str {
    match slo.indicator {
        Indicator::OpenTime { .. } => "plimsoll:slo_open:mean",
        _ => "plimsoll:slo_error:ratio",
    }
}

/// The tiers of an objective that are exported: those that can fire and that scans can keep up with.
pub(super) fn tiers<'a>(exported: &Exported<'_>, slo: &'a Slo) -> Vec<&'a Tier> {
    slo.tiers.iter().filter(|tier| left_out(slo, tier, exported.cadence).is_none()).collect()
}

/// Why a tier is not exported, with the arithmetic of `slo check`; none when it is.
#[must_use]
pub fn left_out(slo: &Slo, tier: &Tier, cadence: Cadence) -> Option<String> {
    let judged = slo.reach_of(*tier, cadence);
    let (name, long, short) = (tier.name.name(), duration(tier.long), duration(tier.short));
    (!judged.verdict.remains()).then(|| {
        let (fault, because) = (judged.verdict.as_fault(), judged.because);
        format!("Left out: tier {name} of {} ({long}/{short}) {fault}: {because}.", slo.name)
    })
}

/// `sum by (slo) (rate(series[range]))`.
pub(super) fn grown(function: &str, series: &str, range: &str) -> String {
    format!("sum by (slo) ({function}({series}[{range}]))")
}

/// A quotient over two lines; the divisor only where it is above zero, so that nothing measured
/// gives no value instead of NaN.
pub(super) fn quotient(above: &str, below: &str) -> String {
    format!("{above}\n/ ({below} > 0)")
}
