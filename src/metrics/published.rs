//! What a metrics page is made of: one immutable set of values per scan.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::objectives::SloPages;
use super::series::CounterValues;
use crate::model::{AccountId, Finding, GapReason, Rule, RuleId, Service, Severity, Snapshot};
use crate::sli::{Assessment, Counters, Integrals, Standing};
use crate::slo::policy::Outcome;

/// Everything a metrics page shows. Replaced as a whole, never changed in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The program and its rules.
    pub build: Build,
    /// Time from the start of one scan to the start of the next.
    pub interval: Duration,
    /// At most this many series on the page. Less than 4000 counts as 4000.
    pub max_series: usize,
    /// The rules in force, also those that judged nothing.
    pub rules: BTreeMap<RuleId, RuleSummary>,
    /// Accounts in scope, with the names people use where there are any.
    pub accounts: Accounts,
    /// The values of the last completed scan; none before the first.
    pub scan: Option<ScanValues>,
    /// Counters as the ledger keeps them, as of the end of the last completed scan.
    pub counters: Counters,
    /// When the last scan that ended, well or not, began.
    pub last_start: Option<Timestamp>,
    /// When the last scan ended, well or not.
    pub last_completion: Option<Timestamp>,
    /// The last reload, if one was asked for.
    pub reload: Option<ReloadOutcome>,
    /// Objectives, with what the ledger has measured of them.
    pub slos: SloPages,
    /// Decisions of the gate, as the ledger counts them; those that can be and never were, with 0.
    pub decisions: BTreeMap<(GateDecision, String), u64>,
    /// Whether accounts have series of their own.
    pub account_detail: AccountSeries,
    /// What earlier values of this page have shown already; see [`Published::following`].
    pub(super) floor: CounterValues,
}

/// Accounts and their names.
pub type Accounts = BTreeMap<AccountId, Option<String>>;

impl Published {
    /// The most series that a page has unless told otherwise.
    pub const DEFAULT_MAX_SERIES: usize = 25_000;

    /// A page before the first scan.
    #[must_use]
    pub fn before_the_first_scan(build: Build, interval: Duration) -> Self {
        Self {
            build,
            interval,
            max_series: Self::DEFAULT_MAX_SERIES,
            rules: BTreeMap::new(),
            accounts: Accounts::new(),
            scan: None,
            counters: Counters::default(),
            last_start: None,
            last_completion: None,
            reload: None,
            slos: SloPages::new(),
            decisions: BTreeMap::new(),
            account_detail: AccountSeries::BySeverity,
            floor: CounterValues::new(),
        }
    }

    /// The same values after a scan that brought none.
    #[must_use]
    pub fn after_failure(&self, failure: &ScanFailure, started: Timestamp, ended: Timestamp) -> Self {
        let mut next = self.clone();
        next.counters.scan_runs += 1;
        *next.counters.scan_failures.entry(failure.reason.name().to_owned()).or_default() += 1;
        next.last_start = Some(started);
        next.last_completion = Some(ended);
        next
    }

    /// How old the values are; none before the first scan.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        let elapsed = now.duration_since(self.scan.as_ref()?.standing.at);
        Some(elapsed.max(SignedDuration::ZERO))
    }

    /// Whether the states of the last scan are still taken to last.
    #[must_use]
    pub fn is_held(&self, now: Timestamp) -> bool {
        let hold = self.scan.as_ref().map(|scan| scan.standing.hold);
        self.age(now).zip(hold).is_some_and(|(age, hold)| age <= hold)
    }

    /// Resource time and finding time up to `now`.
    #[must_use]
    pub fn integrals(&self, now: Timestamp) -> Integrals {
        let integrals = &self.counters.integrals;
        self.scan.as_ref().map_or_else(|| integrals.clone(), |scan| integrals.at(&scan.standing, now))
    }
}

/// The program and its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The program's version.
    pub version: String,
    /// The commit it was built from, or `unknown`.
    pub revision: String,
    /// Digest of the rules and their parameters.
    pub rules_digest: String,
}

/// A rule as the page names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSummary {
    /// Severity of its findings.
    pub severity: Severity,
    /// The desired state in one line.
    pub title: String,
}

impl From<&Rule> for RuleSummary {
    fn from(rule: &Rule) -> Self {
        Self { severity: rule.severity, title: rule.title.clone() }
    }
}

/// The values of one completed scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanValues {
    /// Resources by state, for the whole and for its slices.
    pub assessment: Assessment,
    /// From when on the states last, and for how long.
    pub standing: Standing,
    /// Open findings.
    pub findings_open: BTreeMap<(Severity, Service), u64>,
    /// When the oldest open finding was first seen.
    pub oldest_open: BTreeMap<Severity, Timestamp>,
    /// When the time limits of open findings end, for severities that an objective sets one for.
    pub due: BTreeMap<Severity, Vec<Timestamp>>,
    /// What could not be read.
    pub gaps: BTreeMap<(Service, GapReason), u64>,
    /// Waivers; empty when that is not known.
    pub waivers: BTreeMap<WaiverStatus, u64>,
    /// Units: account, region and service.
    pub units: BTreeMap<UnitStatus, u64>,
    /// How long each phase took; empty when that is not known.
    pub durations: BTreeMap<Phase, Duration>,
}

impl ScanValues {
    /// The values of a scan, without waivers and durations, which the caller knows.
    #[must_use]
    pub fn new(assessment: Assessment, standing: Standing, snapshot: &Snapshot, findings: &[Finding]) -> Self {
        let mut values = Self {
            assessment,
            standing,
            findings_open: BTreeMap::new(),
            oldest_open: BTreeMap::new(),
            due: BTreeMap::new(),
            gaps: BTreeMap::new(),
            waivers: BTreeMap::new(),
            units: units(snapshot),
            durations: BTreeMap::new(),
        };
        for finding in findings.iter().filter(|finding| finding.resolved.is_none()) {
            let service = finding.resource.resource_type.service();
            *values.findings_open.entry((finding.severity, service)).or_default() += 1;
            let oldest = values.oldest_open.entry(finding.severity).or_insert(finding.first_seen);
            *oldest = finding.first_seen.min(*oldest);
        }
        for gap in &snapshot.gaps {
            *values.gaps.entry((gap.service, gap.reason)).or_default() += 1;
        }
        values
    }

    /// Sets when the time limits of open findings end: those of each severity may be open for so
    /// long.
    #[must_use]
    pub fn with_limits(mut self, limits: &BTreeMap<Severity, SignedDuration>, findings: &[Finding]) -> Self {
        self.due = limits.keys().map(|severity| (*severity, Vec::new())).collect();
        for finding in findings.iter().filter(|finding| finding.resolved.is_none()) {
            if let (Some(due), Some(limit)) = (self.due.get_mut(&finding.severity), limits.get(&finding.severity)) {
                due.extend(finding.first_seen.checked_add(*limit));
            }
        }
        self
    }
}

/// Units of a snapshot: those that a gap stands in, or whose list is not whole, are incomplete.
fn units(snapshot: &Snapshot) -> BTreeMap<UnitStatus, u64> {
    let mut units = BTreeMap::new();
    for listing in &snapshot.listings {
        let unit = (&listing.account, &listing.region, listing.resource_type.service());
        *units.entry(unit).or_insert(true) &= listing.complete;
    }
    // What was not asked for is not missing.
    for gap in snapshot.gaps.iter().filter(|gap| gap.reason != GapReason::NotCollected) {
        units.insert((&gap.account, &gap.region, gap.service), false);
    }
    let mut counts = BTreeMap::new();
    for complete in units.into_values() {
        let status = if complete { UnitStatus::Complete } else { UnitStatus::Incomplete };
        *counts.entry(status).or_default() += 1;
    }
    counts
}

/// A scan that brought no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct ScanFailure {
    /// What kind of trouble.
    pub reason: FailureReason,
    /// What could not be done, in words, with its causes.
    pub message: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in tables and labels.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// Why a scan brought no values.
    FailureReason {
        /// Credentials are missing, expired or not accepted, or AWS could not be reached at all.
        Connect "connect",
        /// The rules could not be used.
        Rules "rules",
        /// The ledger could not be read or written.
        Ledger "ledger",
        /// It took longer than a scan may.
        TimedOut "timed_out",
        /// A fault of this program.
        Internal "internal",
    }
}

words! {
    /// A part of a scan.
    Phase {
        /// Reading from AWS.
        Collect "collect",
        /// Facts and rules.
        Evaluate "evaluate",
        /// Drift and findings.
        Compare "compare",
        /// Writing the ledger.
        Record "record",
    }
}

words! {
    /// What the gate can answer.
    GateDecision {
        /// Go ahead.
        Allowed "allowed",
        /// Go ahead, and know that little is left.
        Warned "warned",
        /// A person has to agree.
        ApprovalRequired "approval_required",
        /// Only changes that reduce risk.
        Frozen "frozen",
        /// A rule denies the plan.
        Denied "denied",
        /// The plan does not tell everything.
        Incomplete "incomplete",
        /// A person went ahead all the same.
        Override "override",
    }
}

impl From<Outcome> for GateDecision {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allowed => Self::Allowed,
            Outcome::Warned => Self::Warned,
            Outcome::Override => Self::Override,
            Outcome::Incomplete => Self::Incomplete,
            Outcome::Denied => Self::Denied,
            Outcome::ApprovalRequired => Self::ApprovalRequired,
            Outcome::Frozen => Self::Frozen,
        }
    }
}

words! {
    /// The state in which resources spend time, without severities.
    SloState {
        /// Every rule in scope passes.
        Pass "pass",
        /// A rule in scope fails.
        Fail "fail",
        /// What fails was accepted.
        Waived "waived",
        /// Not known.
        Unknown "unknown",
    }
}

words! {
    /// How finely accounts are told apart.
    AccountSeries {
        /// No series of their own.
        None "none",
        /// By state and severity.
        BySeverity "severity",
    }
}

words! {
    /// How much of a unit was read.
    UnitStatus {
        /// All of it.
        Complete "complete",
        /// Something is missing.
        Incomplete "incomplete",
    }
}

words! {
    /// What became of a waiver.
    WaiverStatus {
        /// It accepts something that fails.
        Used "used",
        /// Its time is over.
        Expired "expired",
        /// It would hold for longer than waivers may, and accepts nothing.
        TooLong "too_long",
        /// Nothing fails that it accepts.
        Unmatched "unmatched",
    }
}

/// A reload of rules and configuration that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReloadOutcome {
    /// When.
    pub at: Timestamp,
    /// Why it was refused; none when it was taken over.
    pub refused: Option<String>,
}
