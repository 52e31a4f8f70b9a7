//! Amounts by state: numbers of resources, or milliseconds that resources spent in each state.

use serde::{Deserialize, Serialize};

use crate::model::{Severity, Verdict};

/// The state of a resource, from best to worst: that of its worst evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Every evaluation passes.
    Pass,
    /// Something fails and was accepted; nothing is worse.
    Waived,
    /// Something is not known, and nothing known fails.
    Unknown,
    /// Something fails; the worst severity of what fails.
    Fail(Severity),
}

impl State {
    /// What one evaluation says about the resource's state.
    #[must_use]
    pub const fn of(verdict: &Verdict, severity: Severity) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Waived { .. } => Self::Waived,
            Verdict::Unknown { .. } => Self::Unknown,
            Verdict::Fail { .. } => Self::Fail(severity),
        }
    }

    /// The word in tables and labels: `pass`, `waived`, `unknown`, `fail`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Fail(_) => "fail",
        }
    }

    /// The label `worst_severity`: the severity of a failing resource, `none` for the others.
    #[must_use]
    pub const fn worst_severity(self) -> &'static str {
        match self {
            Self::Fail(severity) => severity.name(),
            Self::Pass | Self::Waived | Self::Unknown => "none",
        }
    }
}

/// An amount for each severity. All four are always there, so that a series begins at zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BySeverity {
    /// Of critical severity.
    pub critical: u64,
    /// Of high severity.
    pub high: u64,
    /// Of medium severity.
    pub medium: u64,
    /// Of low severity.
    pub low: u64,
}

impl BySeverity {
    /// The amount of one severity.
    #[must_use]
    pub const fn get(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
        }
    }

    /// Adds to the amount of one severity.
    pub const fn add(&mut self, severity: Severity, amount: u64) {
        let place = match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
        };
        *place = place.saturating_add(amount);
    }

    /// The sum over all severities.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.critical + self.high + self.medium + self.low
    }

    /// Every severity with its amount, worst first.
    pub fn iter(&self) -> impl Iterator<Item = (Severity, u64)> + '_ {
        Severity::ALL.iter().map(|severity| (*severity, self.get(*severity)))
    }

    /// Adds `factor` times the other amounts.
    pub fn add_times(&mut self, other: &Self, factor: u64) {
        for (severity, amount) in other.iter() {
            self.add(severity, amount.saturating_mul(factor));
        }
    }

    /// What was added since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut difference = Self::default();
        for (severity, amount) in self.iter() {
            difference.add(severity, amount.saturating_sub(earlier.get(severity)));
        }
        difference
    }
}

/// An amount for each state: numbers of resources or of evaluations, or milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct States {
    /// In state `pass`.
    pub pass: u64,
    /// In state `fail`, by worst severity.
    pub fail: BySeverity,
    /// In state `waived`.
    pub waived: u64,
    /// In state `unknown`.
    pub unknown: u64,
}

impl States {
    /// Adds to the amount of one state.
    pub const fn add(&mut self, state: State, amount: u64) {
        match state {
            State::Pass => self.pass = self.pass.saturating_add(amount),
            State::Waived => self.waived = self.waived.saturating_add(amount),
            State::Unknown => self.unknown = self.unknown.saturating_add(amount),
            State::Fail(severity) => self.fail.add(severity, amount),
        }
    }

    /// Everything: pass + fail + waived + unknown.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.valid() + self.unknown
    }

    /// What has a verdict: pass + fail + waived.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.pass + self.fail.total() + self.waived
    }

    /// `fail / valid`: the share that fails of what has a verdict. 5 of 80 is 0.0625. `None`
    /// when nothing has a verdict.
    #[must_use]
    pub fn failing_ratio(&self) -> Option<f64> {
        ratio(self.fail.total(), self.valid())
    }

    /// `1 − fail / valid`, the compliance SLI. 5 failing of 80 is 0.9375. `None` when nothing
    /// has a verdict: nothing measured is not the same as everything well.
    #[must_use]
    pub fn compliance(&self) -> Option<f64> {
        self.failing_ratio().map(|failing| 1.0 - failing)
    }

    /// `valid / total`: the share that has a verdict. 80 of 100 is 0.8. `None` when nothing was
    /// expected.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        ratio(self.valid(), self.total())
    }

    /// `(fail + unknown) / total`: the share that would fail if everything unknown did. 5
    /// failing and 20 unknown of 100 is 0.25. `None` when nothing was expected.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        ratio(self.fail.total() + self.unknown, self.total())
    }

    /// Every state with its amount: seven cells that partition the total.
    pub fn cells(&self) -> impl Iterator<Item = (State, u64)> + '_ {
        [(State::Pass, self.pass), (State::Waived, self.waived), (State::Unknown, self.unknown)]
            .into_iter()
            .chain(self.fail.iter().map(|(severity, amount)| (State::Fail(severity), amount)))
    }

    /// Adds `factor` times the other amounts.
    pub fn add_times(&mut self, other: &Self, factor: u64) {
        for (state, amount) in other.cells() {
            self.add(state, amount.saturating_mul(factor));
        }
    }

    /// What was added since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            pass: self.pass.saturating_sub(earlier.pass),
            fail: self.fail.since(&earlier.fail),
            waived: self.waived.saturating_sub(earlier.waived),
            unknown: self.unknown.saturating_sub(earlier.unknown),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds stay far below 2^53 in a ratio's precision")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
