//! Exit codes: a published contract.
//!
//! A caller decides on the code alone, so each code means one thing and keeps its meaning for
//! good. Codes 1 to 9 say "there is no verdict"; from 10 on there is one, and it is not "all
//! good". `0` is the only success.

use std::process::{ExitCode, Termination};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// The work was done, and nothing is at or above the threshold.
    Success = 0,
    /// An error prevented a verdict. Say nothing about compliance from this.
    Error = 1,
    /// The command line or the configuration is wrong; nothing was attempted.
    Usage = 2,
    /// Coverage is below the minimum, so there is no verdict.
    Incomplete = 3,
    /// There are findings at or above the threshold, or the plan is denied.
    Findings = 10,
    /// There is drift.
    Drift = 11,
    /// The change may go ahead once a person approves it.
    ApprovalRequired = 12,
    /// The budget is spent: only changes that reduce risk may go ahead.
    Frozen = 13,
}

impl Exit {
    /// All codes, ascending.
    pub const ALL: &[Self] = &[
        Self::Success,
        Self::Error,
        Self::Usage,
        Self::Incomplete,
        Self::Findings,
        Self::Drift,
        Self::ApprovalRequired,
        Self::Frozen,
    ];

    /// The number the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the code says, in one line for the help.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "success, nothing at or above the threshold",
            Self::Error => "error, no verdict",
            Self::Usage => "wrong usage or configuration, nothing was attempted",
            Self::Incomplete => "incomplete: coverage below the minimum, no verdict",
            Self::Findings => "findings at or above the threshold, or a plan denied",
            Self::Drift => "drift",
            Self::ApprovalRequired => "approval required",
            Self::Frozen => "frozen: the budget is spent",
        }
    }

    /// Whether the code carries a verdict.
    #[must_use]
    pub const fn is_verdict(self) -> bool {
        matches!(self, Self::Success) || self.code() >= 10
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_the_published_ones() {
        let codes: Vec<(u8, bool)> = Exit::ALL.iter().map(|exit| (exit.code(), exit.is_verdict())).collect();
        let expected = [(0, true), (1, false), (2, false), (3, false), (10, true), (11, true), (12, true), (13, true)];
        assert_eq!(codes, expected);
    }
}
