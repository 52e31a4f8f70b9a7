//! What is promised: indicator, scope, target and window of one objective, in OpenSLO's words.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::model::{AccountId, Pattern, Service, Severity};

/// One objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slo {
    /// Its name: a label, a file name and a key of the ledger.
    pub name: SloName,
    /// What it promises, in a sentence for people.
    pub description: String,
    /// Which part of the estate it is about.
    pub scope: Scope,
    /// What is measured, and how much of it may be bad.
    pub indicator: Indicator,
    /// Over what time.
    pub window: TimeWindow,
    /// The tiers of its burn-rate alerts, fastest first; see [`super::Tier`].
    pub tiers: Vec<super::Tier>,
}

/// A name of 1 to 63 lower-case letters, digits and hyphens, which begins with a letter and does not
/// end with a hyphen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SloName(String);

impl SloName {
    /// A name; `None` when it is not of that form.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        let begins = text.starts_with(|letter: char| letter.is_ascii_lowercase());
        (begins && text.len() <= 63 && !text.ends_with('-') && text.chars().all(letter)).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SloName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What is measured, and how much of it may be bad.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Indicator {
    /// Resource-time: bad is `fail`, valid is `pass + fail + waived`.
    Compliance {
        /// The least share of valid resource-time that does not fail, above 0 and below 1.
        target: f64,
    },
    /// Resource-time: bad is `unknown`, the whole is everything expected.
    Coverage {
        /// The least share of expected resource-time that is known, above 0 and below 1.
        target: f64,
    },
    /// An absolute breach budget: time that findings are open, summed over findings.
    OpenTime {
        /// Finding-time that may be used up in a window, such as 24 h of one critical finding.
        budget: Duration,
    },
    /// Findings that are opened in the window: bad is one that was detected later.
    Detection {
        /// The least share that is detected in time, above 0 and below 1.
        target: f64,
        /// How long detection may take, from the change.
        within: Duration,
    },
    /// Findings whose time limit ends in the window, or that are resolved before it: bad is one that
    /// was open for longer.
    Remediation {
        /// The least share that is resolved in time, above 0 and below 1.
        target: f64,
        /// How long a finding may be open, from detection.
        within: Duration,
    },
}

impl Indicator {
    /// The word in configuration, tables and labels.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Compliance { .. } => "compliance",
            Self::Coverage { .. } => "coverage",
            Self::OpenTime { .. } => "open_time",
            Self::Detection { .. } => "detection",
            Self::Remediation { .. } => "remediation",
        }
    }

    /// What the share is a share of, in words.
    #[must_use]
    pub const fn what_is_bad(&self) -> &'static str {
        match self {
            Self::Compliance { .. } | Self::Coverage { .. } => "resource-time",
            Self::OpenTime { .. } => "finding-time",
            Self::Detection { .. } | Self::Remediation { .. } => "findings",
        }
    }

    /// Whether findings are counted, each once, rather than time: such a count moves only when a
    /// scan is recorded.
    #[must_use]
    pub const fn counts_findings(&self) -> bool {
        matches!(self, Self::Detection { .. } | Self::Remediation { .. })
    }

    /// The least share that must be good; `None` for an absolute budget.
    #[must_use]
    pub const fn target(&self) -> Option<f64> {
        match *self {
            Self::Compliance { target }
            | Self::Coverage { target }
            | Self::Detection { target, .. }
            | Self::Remediation { target, .. } => Some(target),
            Self::OpenTime { .. } => None,
        }
    }
}

/// Which part of the estate an objective is about; empty lists and `None` do not narrow it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// Only rules of this severity or worse.
    pub severity: Option<Severity>,
    /// Only resources of these services.
    pub services: Vec<Service>,
    /// Only resources in these accounts.
    pub accounts: Vec<AccountId>,
    /// Only rules whose id matches one of these.
    pub rules: Vec<Pattern>,
    /// Only rules that serve a control of one of these frameworks.
    pub frameworks: Vec<String>,
    /// Only resources that have all of these tags.
    pub tags: BTreeMap<String, Pattern>,
}

/// The time over which an objective holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeWindow {
    /// So long, up to now.
    Rolling(Duration),
    /// The month of the calendar, in UTC; the budget begins anew with each.
    Month,
}

impl TimeWindow {
    /// Its length for arithmetic that needs one number: burn-rate factors, absolute budgets. A month
    /// counts as 30 days, so that its factors are the well-known 14.4, 6, 3 and 1.
    #[must_use]
    pub const fn length(self) -> Duration {
        match self {
            Self::Rolling(length) => length,
            Self::Month => Duration::from_hours(30 * 24),
        }
    }
}

impl fmt::Display for TimeWindow {
    /// `28d`, `month`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(length) => f.pad(&super::length(*length)),
            Self::Month => f.pad("month"),
        }
    }
}

impl Slo {
    /// Identity of what is counted: 16 hex digits of BLAKE3 over name, scope, kind of indicator and
    /// its time limit.
    ///
    /// Target, budget, window and tiers are judged afterwards, so that changing them keeps what was
    /// counted; a changed scope or limit counts something else and begins anew. The order in which
    /// lists are written does not matter.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut text = format!("1\n{}\n{}\n", self.name, self.indicator.name());
        if let Indicator::Detection { within, .. } | Indicator::Remediation { within, .. } = self.indicator {
            push(&mut text, "within", [within.as_millis().to_string()]);
        }
        let scope = &self.scope;
        push(&mut text, "severity", scope.severity.iter().map(|severity| severity.name().to_owned()));
        push(&mut text, "services", scope.services.iter().map(|service| service.name().to_owned()));
        push(&mut text, "accounts", scope.accounts.iter().map(|account| account.as_str().to_owned()));
        push(&mut text, "rules", scope.rules.iter().map(|rule| rule.as_str().to_owned()));
        push(&mut text, "frameworks", scope.frameworks.iter().cloned());
        push(&mut text, "tags", scope.tags.iter().map(|(key, value)| format!("{key:?}={:?}", value.as_str())));
        blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
    }
}

/// One line per narrowing: lists sorted, each item quoted, so that no two scopes give one text.
fn push(text: &mut String, key: &str, items: impl IntoIterator<Item = String>) {
    let items: std::collections::BTreeSet<String> = items.into_iter().collect();
    if !items.is_empty() {
        let line = format!("{key} {items:?}\n");
        text.push_str(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slo() -> Slo {
        Slo {
            name: SloName::new("payments").unwrap(),
            description: String::new(),
            scope: Scope { services: vec![Service::S3, Service::Iam], ..Scope::default() },
            indicator: Indicator::Compliance { target: 0.99 },
            window: TimeWindow::Rolling(Duration::from_hours(672)),
            tiers: super::super::TIERS.to_vec(),
        }
    }

    #[test]
    fn a_name_is_a_label_a_file_and_a_key() {
        for good in ["a", "critical-open-hours", "s3-2"] {
            assert_eq!(SloName::new(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(64);
        for bad in ["", "-a", "a-", "A", "2a", "a_b", "a/b", long.as_str()] {
            assert_eq!(SloName::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_digest_follows_what_is_counted_and_nothing_else() {
        let digest = slo().digest();
        let same = [
            Slo { indicator: Indicator::Compliance { target: 0.5 }, ..slo() },
            Slo { window: TimeWindow::Month, tiers: Vec::new(), description: "other".to_owned(), ..slo() },
            Slo { scope: Scope { services: vec![Service::Iam, Service::S3], ..Scope::default() }, ..slo() },
        ];
        for same in same {
            assert_eq!(same.digest(), digest, "{same:?}");
        }
        let tagged = |key: &str, value: &str| Scope {
            tags: BTreeMap::from([(key.to_owned(), Pattern::new(value))]),
            ..slo().scope
        };
        let hour = Duration::from_hours(1);
        let other = [
            Slo { name: SloName::new("others").unwrap(), ..slo() },
            Slo { indicator: Indicator::Coverage { target: 0.99 }, ..slo() },
            Slo { indicator: Indicator::OpenTime { budget: hour }, ..slo() },
            Slo { indicator: Indicator::Detection { target: 0.9, within: hour }, ..slo() },
            Slo { indicator: Indicator::Detection { target: 0.9, within: 2 * hour }, ..slo() },
            Slo { indicator: Indicator::Remediation { target: 0.9, within: hour }, ..slo() },
            Slo { scope: Scope::default(), ..slo() },
            Slo { scope: Scope { severity: Some(Severity::High), ..slo().scope }, ..slo() },
            Slo { scope: Scope { rules: vec![Pattern::new("cis-5.0")], ..slo().scope }, ..slo() },
            Slo { scope: Scope { frameworks: vec!["cis-5.0".to_owned()], ..slo().scope }, ..slo() },
            Slo { scope: tagged("a", "b"), ..slo() },
            Slo { scope: tagged("a\"=\"b", "b"), ..slo() },
        ];
        let digests: std::collections::BTreeSet<String> = other.iter().map(Slo::digest).collect();
        assert_eq!(digests.len(), other.len());
        assert!(!digests.contains(&digest));
    }
}
