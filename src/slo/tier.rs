//! Tiers of burn-rate alerts: how fast, over how long, until somebody is told.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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

/// A length of time as people write it, longest unit first: `28d`, `1h30m`, `500ms`, `0s`.
#[must_use]
pub fn length(of: Duration) -> String {
    let mut rest = of.as_millis();
    let mut parts = Vec::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.concat() }
}

impl TierName {
    /// The tier of this name.
    #[must_use]
    pub const fn tier(self) -> Tier {
        match self {
            Self::Fast => TIERS[0],
            Self::Medium => TIERS[1],
            Self::Slow => TIERS[2],
            Self::Long => TIERS[3],
        }
    }
}

impl std::fmt::Display for TierName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

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

    #[test]
    fn each_name_has_its_tier() {
        assert_eq!(TierName::ALL.iter().map(|name| name.tier()).collect::<Vec<_>>(), TIERS);
        assert!(TierName::ALL.iter().all(|name| name.tier().name == *name));
    }

    #[test]
    fn lengths_are_written_as_people_do() {
        let written = [28 * 86_400_000, 5_400_000, 90_061_001, 0].map(|ms| length(Duration::from_millis(ms)));
        assert_eq!(written, ["28d", "1h30m", "1d1h1m1s1ms", "0s"]);
    }
}
