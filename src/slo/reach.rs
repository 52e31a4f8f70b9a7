//! Whether the tiers of an objective can do what they are for: fire at all, and not faster than
//! scans tell, nor so slowly that they fire on what the budget allows.
//!
//! A tier that can never fire looks like a quiet one. So every tier of an objective gets a verdict
//! with its arithmetic, and what is wrong with it is a fault of the configuration.

use std::time::Duration;

use serde::Serialize;

use super::{Indicator, Slo, TIERS, Tier, TierName, TimeWindow, length};

/// Which tiers the configuration asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// These and no others; `None` for all that fit.
    pub enabled: Option<Vec<TierName>>,
    /// Not these.
    pub disabled: Vec<TierName>,
}

/// How often the counters of an objective move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// From scan to scan.
    pub interval: Duration,
    /// Whether counters move only when a scan is recorded. The time of a server goes on between
    /// scans; that of a scan which publishes and ends does not.
    pub stepwise: bool,
}

/// One tier of one objective, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reach {
    /// The tier.
    pub tier: Tier,
    /// The burn rate above which it fires.
    pub factor: f64,
    /// The same in what is measured.
    pub threshold: Threshold,
    /// How long after it began a full outage fires it: everything fails, or as many findings are
    /// open as are needed. `None` when that never does.
    pub fires_after: Option<Duration>,
    /// Whether it does its work.
    pub verdict: Verdict,
    /// Why, with the arithmetic; empty for a tier that simply works.
    pub because: String,
    /// Whether this is a fault: the tier cannot work, and nobody has taken it out.
    pub is_fault: bool,
}

/// What must be exceeded, over both windows of a tier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// The share that is bad: `factor × (1 − target)`.
    Share(f64),
    /// Findings open at once, on average: `factor × budget / window`.
    Open(f64),
}

impl Threshold {
    /// The least whole number of findings that exceeds it; `None` for a share.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of findings, never negative")]
    pub fn findings(self) -> Option<u64> {
        match self {
            Self::Share(_) => None,
            Self::Open(open) => Some(open.floor() as u64 + 1),
        }
    }
}

/// Whether a tier does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It fires when it should.
    Fires,
    /// It fires only when a great deal fails, or several findings are open.
    Hard,
    /// It cannot fire, whatever happens.
    NeverFires,
    /// Scans do not tell enough within its windows.
    TooFast,
    /// It fires on what the budget allows.
    TooSlow,
    /// The configuration does without it.
    Disabled,
}

impl Verdict {
    /// The word in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::Hard => "hard to reach",
            Self::NeverFires => "never fires",
            Self::TooFast => "too fast",
            Self::TooSlow => "too slow",
            Self::Disabled => "disabled",
        }
    }

    /// What is wrong, to follow the name of the tier.
    #[must_use]
    pub const fn as_fault(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::Hard => "is hard to reach",
            Self::NeverFires => "can never fire",
            Self::TooFast => "is faster than the scans",
            Self::TooSlow => "is too slow",
            Self::Disabled => "is disabled",
        }
    }

    /// Whether alerts are made for it.
    #[must_use]
    pub const fn remains(self) -> bool {
        matches!(self, Self::Fires | Self::Hard)
    }
}

/// A tier that needs more than this share to be bad is said to be hard to reach.
const HARD: f64 = 0.3;

/// The least burn rate worth an alert. One of 0.9 over the whole window uses 90 % of the budget; a
/// slower one is what the budget is for. The long tier of 28 d has 0.933.
const LEAST_FACTOR: f64 = 0.9;

/// The long window holds at least so many intervals between scans, so that one scan is not the
/// whole of it.
const INTERVALS_IN_LONG: u32 = 4;

/// The short window holds at least so many intervals where counters move in steps: with fewer there
/// are moments at which it holds no step, and the alert ends between two scans.
const INTERVALS_IN_SHORT: u32 = 2;

/// Judges all tiers of an objective, fastest first.
#[must_use]
pub fn reach(indicator: &Indicator, window: TimeWindow, asked: &Asked, cadence: Cadence) -> Vec<Reach> {
    TIERS.iter().map(|tier| judge(*tier, indicator, window, asked, cadence)).collect()
}

impl Slo {
    /// Whether a tier works for this objective where the configuration leaves the choice open.
    #[must_use]
    pub fn reach_of(&self, tier: Tier, cadence: Cadence) -> Reach {
        judge(tier, &self.indicator, self.window, &Asked::default(), cadence)
    }
}

fn judge(tier: Tier, indicator: &Indicator, window: TimeWindow, asked: &Asked, cadence: Cadence) -> Reach {
    let factor = tier.factor(window.length());
    let threshold = tier.threshold(indicator, window);
    let explicit = asked.enabled.as_ref().is_some_and(|enabled| enabled.contains(&tier.name));
    let (verdict, because) = if !asked.wants(tier.name) {
        (Verdict::Disabled, "the configuration does without it".to_owned())
    } else if let Some(because) = too_fast(tier, indicator, cadence) {
        (Verdict::TooFast, because)
    } else if let Some(because) = too_slow(tier, factor, window) {
        (Verdict::TooSlow, because)
    } else {
        by_threshold(factor, threshold, indicator, window)
    };
    let is_fault = match verdict {
        Verdict::NeverFires => true,
        Verdict::TooFast | Verdict::TooSlow => explicit,
        Verdict::Fires | Verdict::Hard | Verdict::Disabled => false,
    };
    Reach { tier, factor, threshold, fires_after: fires_after(tier, threshold), verdict, because, is_fault }
}

impl Asked {
    /// Whether a tier is not taken out.
    #[must_use]
    pub fn wants(&self, tier: TierName) -> bool {
        let named = self.enabled.as_ref().is_none_or(|enabled| enabled.contains(&tier));
        named && !self.disabled.contains(&tier)
    }
}

impl Tier {
    /// What must be exceeded over both windows. With a target of 0.995 and 28 d the fast tier fires
    /// above 13.44 × 0.005 = 0.0672 failing; with a budget of 24 h, above
    /// 13.44 × 24 h / 672 h = 0.48 findings open, so that one suffices.
    #[must_use]
    pub fn threshold(&self, indicator: &Indicator, window: TimeWindow) -> Threshold {
        let factor = self.factor(window.length());
        match *indicator {
            Indicator::OpenTime { budget } => {
                Threshold::Open(factor * budget.as_secs_f64() / window.length().as_secs_f64())
            }
            Indicator::Compliance { target }
            | Indicator::Coverage { target }
            | Indicator::Detection { target, .. }
            | Indicator::Remediation { target, .. } => Threshold::Share(factor * (1.0 - target)),
        }
    }
}

fn too_fast(tier: Tier, indicator: &Indicator, cadence: Cadence) -> Option<String> {
    let Cadence { interval, stepwise } = cadence;
    let (least_long, least_short) = (interval * INTERVALS_IN_LONG, interval * INTERVALS_IN_SHORT);
    let every = length(interval);
    if tier.long < least_long {
        let (long, least) = (length(tier.long), length(least_long));
        return Some(format!(
            "its window of {long} is shorter than {INTERVALS_IN_LONG} × {every} between scans = {least}"
        ));
    }
    let in_steps = stepwise || indicator.counts_findings();
    if in_steps && tier.short < least_short {
        let (short, least) = (length(tier.short), length(least_short));
        let whose = if stepwise { "of scans that publish and end " } else { "" };
        return Some(format!(
            "its window of {short} is shorter than {INTERVALS_IN_SHORT} × {every} between scans = {least}, \
             and the counters {whose}move only when a scan ends"
        ));
    }
    None
}

fn too_slow(tier: Tier, factor: f64, window: TimeWindow) -> Option<String> {
    if tier.long > window.length() {
        return Some(format!("its window of {} is longer than the objective's, {window}", length(tier.long)));
    }
    (factor < LEAST_FACTOR).then(|| {
        format!(
            "it would fire at a burn rate of {factor:.3}, at which {:.1} % of the budget of {window} is left over",
            (1.0 - factor) * 100.0
        )
    })
}

fn by_threshold(factor: f64, threshold: Threshold, indicator: &Indicator, window: TimeWindow) -> (Verdict, String) {
    let what = indicator.what_is_bad();
    match (threshold, indicator) {
        (Threshold::Share(share), _) => {
            let target = indicator.target().unwrap_or_default();
            let arithmetic = format!("{} × (1 − {target}) = {}", number(factor), number(share));
            if share >= 1.0 {
                let never = format!("{arithmetic}: more than all of the {what} would have to be bad");
                (Verdict::NeverFires, never)
            } else if share > HARD {
                (Verdict::Hard, format!("{arithmetic}: more than {:.0} % of the {what} must be bad", share * 100.0))
            } else {
                (Verdict::Fires, String::new())
            }
        }
        (Threshold::Open(open), Indicator::OpenTime { budget }) if open >= 1.0 => {
            let needed = threshold.findings().unwrap_or_default();
            let because = format!(
                "{} × {} / {window} = {}: {needed} findings must be open at once; one alone does not fire it, though it \
                 uses up the budget in {}",
                number(factor),
                length(*budget),
                number(open),
                length(*budget)
            );
            (Verdict::Hard, because)
        }
        (Threshold::Open(_), _) => (Verdict::Fires, String::new()),
    }
}

/// With a clean past, the share over the long window grows evenly from 0 to all of it; with findings
/// open, their number over the long window does.
fn fires_after(tier: Tier, threshold: Threshold) -> Option<Duration> {
    let part = match threshold {
        Threshold::Share(share) => share,
        #[expect(clippy::cast_precision_loss, reason = "a number of findings")]
        Threshold::Open(open) => open / threshold.findings()? as f64,
    };
    (part < 1.0).then(|| Duration::from_secs_f64((tier.long.as_secs_f64() * part).round()))
}

/// A number with at most four digits after the point, and no zeros at its end.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
