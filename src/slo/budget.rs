//! Budgets: how much of one is used up, and how fast.
//!
//! Everything follows from the difference of two tallies. Where nothing was measured there is no
//! number: nothing measured is not the same as everything well.

use std::time::Duration;

use serde::Serialize;

use super::{Indicator, Slo, Tally};

/// The windows over which burn rates are published: those of all tiers, shortest first.
pub const BURN_WINDOWS: &[Duration] = &[
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(6),
    Duration::from_hours(24),
    Duration::from_hours(72),
];

/// What an objective counts as bad, and of how much: milliseconds of resources or findings, or
/// findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// What is charged to the budget.
    pub bad: u64,
    /// What it is a share of. Of an absolute budget it only tells whether anything was measured.
    pub total: u64,
}

impl Indicator {
    /// The amounts in what was added to a tally.
    #[must_use]
    pub const fn amounts(&self, added: &Tally) -> Amounts {
        let states = &added.resources;
        match self {
            Self::Compliance { .. } => Amounts { bad: states.fail.total(), total: states.valid() },
            Self::Coverage { .. } => Amounts { bad: states.unknown, total: states.total() },
            Self::OpenTime { .. } => Amounts { bad: added.open, total: states.valid() },
            Self::Detection { .. } | Self::Remediation { .. } => {
                Amounts { bad: added.late, total: added.within.saturating_add(added.late) }
            }
        }
    }

    /// Whether anything was measured: some resource-time has a verdict. For coverage it is enough
    /// that something was expected, as not to know is what it measures.
    #[must_use]
    pub const fn is_measured(&self, added: &Tally) -> bool {
        let amounts = self.amounts(added);
        amounts.bad > 0 || amounts.total > 0 || (self.counts_findings() && added.resources.valid() > 0)
    }
}

/// How much of a budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spent {
    /// The share that was good, `1 − bad / total`; `None` for an absolute budget, and when there was
    /// nothing to judge.
    pub attainment: Option<f64>,
    /// The whole budget: `(1 − target) × total` in milliseconds of resources or in findings, or the
    /// absolute budget in milliseconds of findings.
    pub budget: f64,
    /// What of it is used up, in the same unit.
    pub used: f64,
    /// `1 − used / budget`. Below 0 when more than all of it is used up; `None` when nothing was
    /// measured.
    pub remaining: Option<f64>,
}

/// How much of the budget was used up by what was added over the window.
///
/// 2 of 100 resources failing for a day of 28, and a target of 0.995: bad are 2 × 86,400,000 ms, the
/// budget is 0.005 × 100 × 28 × 86,400,000 ms, so that 1 − 2 / 14 = 0.857 of it remain. With a budget
/// of 24 h one critical finding that is open for 30 h leaves 1 − 30 / 24 = −0.25. An estate in which
/// no finding was due has all of its budget for findings.
#[must_use]
pub fn spent(indicator: &Indicator, added: &Tally) -> Spent {
    let Amounts { bad, total } = indicator.amounts(added);
    let (used, total) = (number(bad), number(total));
    let budget = match *indicator {
        Indicator::OpenTime { budget } => budget.as_secs_f64() * 1000.0,
        Indicator::Compliance { target }
        | Indicator::Coverage { target }
        | Indicator::Detection { target, .. }
        | Indicator::Remediation { target, .. } => (1.0 - target) * total,
    };
    let is_ratio = indicator.target().is_some();
    Spent {
        attainment: (is_ratio && total > 0.0).then(|| 1.0 - used / total),
        budget,
        used,
        remaining: indicator.is_measured(added).then(|| remaining(used, budget)),
    }
}

/// `1 − used / budget`; all of it when nothing is used up, also of a budget of nothing.
pub(super) fn remaining(used: f64, budget: f64) -> f64 {
    if used > 0.0 { 1.0 - used / budget } else { 1.0 }
}

/// How fast the budget is being spent, relative to spending it evenly over the objective's window.
///
/// 1.0 uses the budget up exactly at the end of the window. With a target of 0.99 and 3 % of
/// resource-time failing in the last hour, the burn rate is 3. With a budget of 24 h in 28 d, one
/// finding that is open all the time burns at 1 / (24 / 672) = 28. `None` when nothing was measured.
/// Source: SRE workbook, chapter 5.
#[must_use]
pub fn burn_rate(slo: &Slo, added: &Tally, over: Duration) -> Option<f64> {
    if !slo.indicator.is_measured(added) {
        return None;
    }
    let Amounts { bad, total } = slo.indicator.amounts(added);
    if bad == 0 {
        return Some(0.0);
    }
    let rate = match slo.indicator {
        Indicator::OpenTime { budget } => {
            let open = number(bad) / (over.as_secs_f64() * 1000.0);
            open / (budget.as_secs_f64() / slo.window.length().as_secs_f64())
        }
        Indicator::Compliance { target }
        | Indicator::Coverage { target }
        | Indicator::Detection { target, .. }
        | Indicator::Remediation { target, .. } => number(bad) / number(total) / (1.0 - target),
    };
    Some(rate)
}

/// The share of what was expected that is known: `valid / expected` in resource-time. `None` when
/// nothing was expected. For coverage it is 1 once anything was expected.
#[must_use]
pub fn known(indicator: &Indicator, added: &Tally) -> Option<f64> {
    match indicator {
        Indicator::Coverage { .. } => (added.resources.total() > 0).then_some(1.0),
        _ => added.resources.coverage(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "400 days of 100,000 resources are 3.5e15 ms, below 2^53")]
pub(super) const fn number(amount: u64) -> f64 {
    amount as f64
}
