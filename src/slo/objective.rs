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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeWindow {
    /// So long, up to now.
    Rolling(Duration),
    /// The month of the calendar, in UTC; the budget begins anew with each.
    Month,
}
