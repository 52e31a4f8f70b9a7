//! What a metrics page is made of: one immutable set of values per scan.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::series::CounterValues;
use crate::model::{
    AccountId, ChangeKind, Direction, Evaluation, GapReason, Region, Resolution, RuleId, Service, Severity, Verdict,
};

/// The state of a resource: that of its worst evaluation. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Everything passes.
    Pass,
    /// The worst that fails was accepted.
    Waived,
    /// Nothing known fails, and something is unknown.
    Unknown,
    /// Something fails; this is the worst severity.
    Fail(Severity),
}

impl State {
    /// All states, in their order.
    pub const ALL: &[Self] = &[
        Self::Pass,
        Self::Waived,
        Self::Unknown,
        Self::Fail(Severity::Low),
        Self::Fail(Severity::Medium),
        Self::Fail(Severity::High),
        Self::Fail(Severity::Critical),
    ];

    /// The state that one evaluation alone gives a resource; the greatest over its evaluations is
    /// the resource's.
    #[must_use]
    pub const fn of(evaluation: &Evaluation) -> Self {
        match evaluation.verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Waived { .. } => Self::Waived,
            Verdict::Unknown { .. } => Self::Unknown,
            Verdict::Fail { .. } => Self::Fail(evaluation.severity),
        }
    }

    /// The word in tables and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Fail(_) => "fail",
        }
    }

    /// The severity of a failing resource's worst evaluation; `none` otherwise.
    #[must_use]
    pub const fn worst_severity(self) -> &'static str {
        match self {
            Self::Fail(severity) => severity.name(),
            Self::Pass | Self::Waived | Self::Unknown => "none",
        }
    }
}

/// How many there are in each state.
pub type StateCounts = BTreeMap<State, u64>;

/// Everything a metrics page shows. Replaced as a whole, never changed in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The program and its rules.
    pub build: Build,
    /// Time from the start of one scan to the start of the next.
    pub interval: Duration,
    /// How long after a scan its states are taken to last: 2 × interval + the longest scan.
    pub hold: Duration,
    /// At most this many series on the page.
    pub max_series: usize,
    /// The rules in force, also those that judged nothing.
    pub rules: BTreeMap<RuleId, RuleSummary>,
    /// Accounts in scope, with the names people use where there are any.
    pub accounts: Accounts,
    /// The values of the last completed scan; none before the first.
    pub scan: Option<ScanValues>,
    /// Counters as of the last completed scan.
    pub totals: Totals,
    /// How scans went.
    pub runs: Runs,
    /// The last reload, if one was asked for.
    pub reload: Option<ReloadOutcome>,
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
            hold: interval * 2,
            max_series: Self::DEFAULT_MAX_SERIES,
            rules: BTreeMap::new(),
            accounts: Accounts::new(),
            scan: None,
            totals: Totals::default(),
            runs: Runs::default(),
            reload: None,
            floor: CounterValues::new(),
        }
    }

    /// The same values after a scan that brought none.
    #[must_use]
    pub fn after_failure(&self, failure: &ScanFailure, started: Timestamp, ended: Timestamp) -> Self {
        let mut next = self.clone();
        next.runs.total += 1;
        *next.runs.failures.entry(failure.reason).or_default() += 1;
        next.runs.last_start = Some(started);
        next.runs.last_completion = Some(ended);
        next
    }

    /// How old the values are; none before the first scan.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let elapsed = now.duration_since(self.scan.as_ref()?.as_of);
        Some(elapsed.max(SignedDuration::ZERO).unsigned_abs())
    }

    /// Whether the states of the last scan are still taken to last.
    #[must_use]
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.age(now).is_some_and(|age| age <= self.hold)
    }

    /// Resource time by service and state up to `now`.
    ///
    /// Ten resources that failed in a scan three hours ago, with a hold of one hour, have added
    /// 10 × 3600 s as `fail` and 10 × 7200 s as `unknown`.
    #[must_use]
    pub fn resource_seconds(&self, now: Timestamp) -> BTreeMap<(Service, State), f64> {
        let mut seconds = self.totals.resource_seconds.clone();
        let (Some(scan), Some(age)) = (&self.scan, self.age(now)) else { return seconds };
        let held = age.min(self.hold);
        let unseen = age.saturating_sub(self.hold);
        for (&(service, state), &count) in &scan.by_service {
            *seconds.entry((service, state)).or_default() += as_value(count) * held.as_secs_f64();
            *seconds.entry((service, State::Unknown)).or_default() += as_value(count) * unseen.as_secs_f64();
        }
        seconds
    }

    /// Finding time by severity up to `now`. It stops at the hold: whether a finding is still
    /// open when nobody looks is not known.
    #[must_use]
    pub fn open_seconds(&self, now: Timestamp) -> BTreeMap<Severity, f64> {
        let mut seconds = self.totals.open_seconds.clone();
        let (Some(scan), Some(age)) = (&self.scan, self.age(now)) else { return seconds };
        let held = age.min(self.hold).as_secs_f64();
        for (&(severity, _), &count) in &scan.findings_open {
            *seconds.entry(severity).or_default() += as_value(count) * held;
        }
        seconds
    }
}

/// Counts are far below 2^53, where `f64` stops being exact.
#[expect(clippy::cast_precision_loss, reason = "counts of resources are far below 2^53")]
pub(super) const fn as_value(count: u64) -> f64 {
    count as f64
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

/// The values of one completed scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanValues {
    /// When the scan ended: the time up to which [`Totals`] are accrued, and from which its
    /// states last.
    pub as_of: Timestamp,
    /// Resources by service and state; the other groupings count the same resources.
    pub by_service: BTreeMap<(Service, State), u64>,
    /// Resources by account and state.
    pub by_account: BTreeMap<(AccountId, State), u64>,
    /// Resources by region, service and state.
    pub by_region: BTreeMap<(Region, Service, State), u64>,
    /// Evaluations by rule and result word (`pass`, `fail`, `unknown`, `waived`).
    pub evaluations: BTreeMap<(RuleId, &'static str), u64>,
    /// Resources whose state is known.
    pub known: u64,
    /// Resources that should have been read.
    pub expected: u64,
    /// Open findings.
    pub findings_open: BTreeMap<(Severity, Service), u64>,
    /// When the oldest open finding was first seen.
    pub oldest_open: BTreeMap<Severity, Timestamp>,
    /// What could not be read.
    pub gaps: BTreeMap<(Service, GapReason), u64>,
    /// Waivers.
    pub waivers: BTreeMap<WaiverStatus, u64>,
    /// Units: account, region and service.
    pub units: BTreeMap<UnitStatus, u64>,
    /// How long each phase took.
    pub durations: BTreeMap<Phase, Duration>,
}

impl ScanValues {
    /// A scan of nothing.
    #[must_use]
    pub const fn empty(as_of: Timestamp) -> Self {
        Self {
            as_of,
            by_service: BTreeMap::new(),
            by_account: BTreeMap::new(),
            by_region: BTreeMap::new(),
            evaluations: BTreeMap::new(),
            known: 0,
            expected: 0,
            findings_open: BTreeMap::new(),
            oldest_open: BTreeMap::new(),
            gaps: BTreeMap::new(),
            waivers: BTreeMap::new(),
            units: BTreeMap::new(),
            durations: BTreeMap::new(),
        }
    }

    /// Resources in each state.
    #[must_use]
    pub fn states(&self) -> StateCounts {
        let mut states = StateCounts::new();
        for (&(_, state), &count) in &self.by_service {
            *states.entry(state).or_default() += count;
        }
        states
    }

    /// Resources that fail.
    #[must_use]
    pub fn failing(&self) -> u64 {
        self.states().iter().filter(|(state, _)| matches!(state, State::Fail(_))).map(|(_, count)| count).sum()
    }

    /// Resources that pass, fail or are waived.
    #[must_use]
    pub fn valid(&self) -> u64 {
        self.states().iter().filter(|(state, _)| **state != State::Unknown).map(|(_, count)| count).sum()
    }

    /// Share of valid resources that fail; none when nothing is valid.
    #[must_use]
    pub fn failing_ratio(&self) -> Option<f64> {
        ratio(self.failing(), self.valid())
    }

    /// Share of valid resources that comply: the SLI. None when nothing is valid.
    #[must_use]
    pub fn compliance(&self) -> Option<f64> {
        ratio(self.valid() - self.failing(), self.valid())
    }

    /// Share of expected resources that are known; none when nothing is expected.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        ratio(self.known, self.expected)
    }

    /// Share of expected resources that fail or are not known; none when nothing is expected.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        ratio(self.failing() + self.expected.saturating_sub(self.known), self.expected)
    }
}

/// `None` when there is nothing to share.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| as_value(part) / as_value(whole))
}

/// Counters as the ledger keeps them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Resource time by service and state, up to the end of the last scan.
    pub resource_seconds: BTreeMap<(Service, State), f64>,
    /// Finding time by severity, up to the end of the last scan.
    pub open_seconds: BTreeMap<Severity, f64>,
    /// Findings opened or reopened.
    pub opened: BTreeMap<Severity, u64>,
    /// Findings resolved.
    pub resolved: BTreeMap<(Severity, Resolution), u64>,
    /// Changes between scans.
    pub changes: BTreeMap<(Service, ChangeKind, Direction), u64>,
    /// Calls by API name (`ec2`, `iam`, `s3`, `s3control`, `sts`) and operation.
    pub calls: BTreeMap<(String, String), ApiCalls>,
}

/// Calls of one API operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApiCalls {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Calls that failed for good.
    pub errors: u64,
    /// Requests refused for being too many.
    pub throttles: u64,
    /// Requests sent again.
    pub retries: u64,
}

/// How scans went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// Scans that ended, well or not.
    pub total: u64,
    /// Those that brought no values.
    pub failures: BTreeMap<FailureReason, u64>,
    /// When the last one began.
    pub last_start: Option<Timestamp>,
    /// When the last one ended.
    pub last_completion: Option<Timestamp>,
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
