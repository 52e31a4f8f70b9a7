//! Tiers of burn-rate alerts: how fast, over how long, until somebody is told.

use std::time::Duration;

use serde::Serialize;

/// One tier: it fires while both the long and the short window burn faster than its factor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tier {
    /// Which one.
    pub name: TierName,
    /// The window that must have burnt.
    pub long: Duration,
    /// The window that must be burning still.
    pub short: Duration,
    /// The share of the budget that burning at the factor for the long window uses up.
    pub budget_share: f64,
}

/// The name of a tier, a stable label by which faster ones silence slower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierName {
    /// 2 % of the budget in an hour: pages.
    Fast,
    /// 5 % in six hours: pages.
    Medium,
    /// 10 % in a day: a ticket.
    Slow,
    /// 10 % in three days: a ticket.
    Long,
}

impl TierName {
    /// All of them, fastest first.
    pub const ALL: &[Self] = &[Self::Fast, Self::Medium, Self::Slow, Self::Long];

    /// The word in configuration and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Medium => "medium",
            Self::Slow => "slow",
            Self::Long => "long",
        }
    }

    /// What it does to people: `page` or `ticket`.
    #[must_use]
    pub const fn severity(self) -> &'static str {
        match self {
            Self::Fast | Self::Medium => "page",
            Self::Slow | Self::Long => "ticket",
        }
    }
}

const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

/// The four tiers, fastest first. Windows and shares are those of the SRE workbook, chapter 5, with
/// the ticket of a day that alert generators add.
pub const TIERS: &[Tier] = &[
    Tier { name: TierName::Fast, long: hours(1), short: minutes(5), budget_share: 0.02 },
    Tier { name: TierName::Medium, long: hours(6), short: minutes(30), budget_share: 0.05 },
    Tier { name: TierName::Slow, long: hours(24), short: hours(2), budget_share: 0.10 },
    Tier { name: TierName::Long, long: hours(72), short: hours(6), budget_share: 0.10 },
];

impl Tier {
    /// The burn rate above which the tier fires: `budget_share × window / long`.
    ///
    /// 2 % of a budget of 28 d in 1 h is a burn rate of 0.02 × 672 h / 1 h = 13.44. Source: SRE
    /// workbook, chapter 5.
    #[must_use]
    pub fn factor(&self, window: Duration) -> f64 {
        self.budget_share * window.as_secs_f64() / self.long.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_of_28_days_are_the_known_ones() {
        let factors: Vec<String> = TIERS.iter().map(|tier| format!("{:.4}", tier.factor(hours(28 * 24)))).collect();
        assert_eq!(factors, ["13.4400", "5.6000", "2.8000", "0.9333"]);
    }
}
