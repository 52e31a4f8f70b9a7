//! The states of controls and of resources under a control, and their counts.

use serde::{Deserialize, Serialize};

/// How one resource stands by one control: its worst evaluation. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceState {
    /// Every rule of the control passes.
    Pass,
    /// Something fails and was accepted.
    Waived,
    /// Something is not known, and nothing known fails.
    Unknown,
    /// Something fails.
    Fail,
}

impl ResourceState {
    /// The word in tables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// How an estate stands by one control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlState {
    /// A resource fails.
    Fail,
    /// None is known to fail, and not everything is known: an evaluation, a list, or a rule that is
    /// switched off.
    Unknown,
    /// What fails was accepted, and all else passes.
    Waived,
    /// Every resource passes, and every list was read whole.
    Pass,
    /// Every list was read whole, and nothing is there that it is about.
    NotApplicable,
    /// No rule judges it, and the framework leaves it to a person.
    Manual,
    /// No rule judges it.
    NoRule,
}

impl ControlState {
    /// All states, worst first.
    pub const ALL: &[Self] =
        &[Self::Fail, Self::Unknown, Self::Waived, Self::Pass, Self::NotApplicable, Self::Manual, Self::NoRule];

    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Waived => "waived",
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
            Self::Manual => "manual",
            Self::NoRule => "no_rule",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::NoRule => "no rule",
            Self::Fail | Self::Unknown | Self::Waived | Self::Pass | Self::Manual => self.name(),
        }
    }
}

/// Resources under a control by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Which pass.
    pub pass: u64,
    /// Which fail.
    pub fail: u64,
    /// Whose failure was accepted.
    pub waived: u64,
    /// Of which it is not known. A list that was never read counts as one.
    pub unknown: u64,
}

impl Counts {
    /// Counts one more resource.
    pub const fn add(&mut self, state: ResourceState) {
        match state {
            ResourceState::Pass => self.pass += 1,
            ResourceState::Waived => self.waived += 1,
            ResourceState::Unknown => self.unknown += 1,
            ResourceState::Fail => self.fail += 1,
        }
    }

    /// Those with a verdict: pass + fail + waived.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.pass + self.fail + self.waived
    }

    /// All of them.
    #[must_use]
    pub const fn expected(&self) -> u64 {
        self.valid() + self.unknown
    }

    /// `1 − fail / valid`. One failing of four is 0.75. `None` when nothing has a verdict.
    #[must_use]
    pub fn compliance(&self) -> Option<f64> {
        ratio(self.valid() - self.fail, self.valid())
    }

    /// `valid / expected`. `None` when nothing was expected.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        ratio(self.valid(), self.expected())
    }
}

/// Controls of a framework by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// [`ControlState::Fail`].
    pub fail: u64,
    /// [`ControlState::Unknown`].
    pub unknown: u64,
    /// [`ControlState::Waived`].
    pub waived: u64,
    /// [`ControlState::Pass`].
    pub pass: u64,
    /// [`ControlState::NotApplicable`].
    pub not_applicable: u64,
    /// [`ControlState::Manual`].
    pub manual: u64,
    /// [`ControlState::NoRule`].
    pub no_rule: u64,
}

impl Summary {
    /// How many controls are in that state.
    #[must_use]
    pub const fn get(&self, state: ControlState) -> u64 {
        match state {
            ControlState::Fail => self.fail,
            ControlState::Unknown => self.unknown,
            ControlState::Waived => self.waived,
            ControlState::Pass => self.pass,
            ControlState::NotApplicable => self.not_applicable,
            ControlState::Manual => self.manual,
            ControlState::NoRule => self.no_rule,
        }
    }

    /// Counts one more control.
    pub const fn add(&mut self, state: ControlState) {
        let place = match state {
            ControlState::Fail => &mut self.fail,
            ControlState::Unknown => &mut self.unknown,
            ControlState::Waived => &mut self.waived,
            ControlState::Pass => &mut self.pass,
            ControlState::NotApplicable => &mut self.not_applicable,
            ControlState::Manual => &mut self.manual,
            ControlState::NoRule => &mut self.no_rule,
        };
        *place += 1;
    }

    /// All controls.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.settled() + self.unknown + self.manual + self.no_rule
    }

    /// Controls with a verdict about something that is there: pass + fail + waived.
    #[must_use]
    pub const fn judged(&self) -> u64 {
        self.pass + self.fail + self.waived
    }

    /// Controls of which all is known: those judged, and those that nothing is there for.
    #[must_use]
    pub const fn settled(&self) -> u64 {
        self.judged() + self.not_applicable
    }

    /// `pass / (pass + fail + waived)`: the share of the judged controls that pass. `None` when none
    /// was judged.
    #[must_use]
    pub fn passing(&self) -> Option<f64> {
        ratio(self.pass, self.judged())
    }

    /// `(pass + fail + waived + not applicable) / all`: the share of the framework that the rules
    /// and this data settle.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        ratio(self.settled(), self.total())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
