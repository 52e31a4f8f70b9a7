//! What is counted for an objective: one measure per scan, one tally over time.

use serde::{Deserialize, Serialize};

use crate::sli::States;

/// What one scan says about an objective.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Resources of its scope by state, judged only by rules in scope.
    pub resources: States,
    /// Open findings in scope.
    pub open: u64,
    /// Findings that turned out in time in this scan.
    pub within: u64,
    /// Findings that turned out late in this scan.
    pub late: u64,
}

/// What was counted since the objective began: time in milliseconds, findings by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Resource-milliseconds by state.
    pub resources: States,
    /// Milliseconds that findings were open, summed over findings.
    pub open: u64,
    /// Findings in time.
    pub within: u64,
    /// Findings that were late.
    pub late: u64,
}

impl Tally {
    /// What was added since an earlier reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            resources: self.resources.since(&earlier.resources),
            open: self.open.saturating_sub(earlier.open),
            within: self.within.saturating_sub(earlier.within),
            late: self.late.saturating_sub(earlier.late),
        }
    }
}
