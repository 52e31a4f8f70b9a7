//! From a scan that was recorded, or is remembered, to what is shown of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::estate::state_severity;
use super::{Estate, JudgedResource, ScanEntry, ScanOutcome, Scanned};
use crate::ledger::{FailedScan, FindingFilter, LastScan, Ledger, LedgerError, ResourceFilter, ResourceRecord, Scan};
use crate::metrics::{Phase, Published, ScanValues, WaiverStatus};
use crate::model::{Change, Evaluation, Finding, Rule, Snapshot};

/// A scan that was made and recorded just now.
#[derive(Debug)]
pub struct Completed<'a> {
    /// What does not come from the scan: build, interval, rules, accounts.
    pub page: Published,
    /// What the ledger made of it.
    pub last: LastScan,
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// What the rules say, after waivers.
    pub evaluations: &'a [Evaluation],
    /// The rules.
    pub rules: &'a [Rule],
    /// Findings after it, open and resolved.
    pub findings: Vec<Finding>,
    /// Differences from the previous snapshot.
    pub changes: Vec<Change>,
    /// What became of the waivers.
    pub waivers: BTreeMap<WaiverStatus, u64>,
    /// How long each phase took.
    pub durations: BTreeMap<Phase, Duration>,
    /// Scans, latest first; see [`history`].
    pub scans: Vec<ScanEntry>,
}

impl From<Completed<'_>> for Scanned {
    fn from(completed: Completed<'_>) -> Self {
        let Completed { page, last, snapshot, evaluations, rules, findings, changes, waivers, durations, scans } =
            completed;
        let mut published = page;
        let mut values = ScanValues::new(last.assessment, last.standing, snapshot, &findings);
        values.waivers = waivers;
        values.durations = durations;
        published.scan = Some(values);
        published.counters = last.counters;
        published.last_start = Some(last.scan.started);
        published.last_completion = Some(last.scan.finished);
        let resources = JudgedResource::of(snapshot, evaluations, rules);
        let estate = Estate { resources, findings, changes, gaps: snapshot.gaps.clone(), scans };
        Self { published, estate }
    }
}

/// How many scans, and how many of those that failed, the history shows.
const MOST_SCANS: u32 = 500;

impl Scanned {
    /// What the ledger remembers of the last completed scan, so that a restart goes on showing
    /// it, with its age. `page` gives what the ledger does not keep: build, rules, accounts.
    ///
    /// The ledger keeps verdicts by document, so resources come with their state and without
    /// evaluations, and waivers and durations are not known until the next scan.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn remembered(ledger: &Ledger, page: Published) -> Result<Self, LedgerError> {
        let mut published = page;
        let mut estate = Estate { scans: history(ledger).await?, ..Estate::default() };
        published.counters = ledger.counters().await?;
        published.last_start = estate.scans.first().map(|scan| scan.started);
        published.last_completion = estate.scans.first().map(|scan| scan.ended);
        let (Some(last), Some(snapshot)) = (ledger.last_scan().await?, ledger.previous_snapshot().await?) else {
            return Ok(Self { published, estate });
        };
        estate.findings = ledger.findings(&FindingFilter::default()).await?;
        estate.resources =
            ledger.resources(&ResourceFilter::default()).await?.into_iter().map(JudgedResource::from).collect();
        let changes = ledger.changes(last.scan.taken_at, u32::MAX).await?;
        let of_it = changes.into_iter().filter(|record| record.scan == last.scan.id);
        estate.changes = of_it.map(|record| record.change).collect();
        let LastScan { assessment, standing, counters, .. } = last;
        published.counters = counters;
        published.scan = Some(ScanValues::new(assessment, standing, &snapshot, &estate.findings));
        estate.gaps = snapshot.gaps;
        Ok(Self { published, estate })
    }
}

/// Scans that the ledger keeps, those that failed among them, latest first.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn history(ledger: &Ledger) -> Result<Vec<ScanEntry>, LedgerError> {
    let mut entries: Vec<ScanEntry> = ledger.scans(MOST_SCANS).await?.iter().map(ScanEntry::from).collect();
    entries.extend(ledger.failed_scans(MOST_SCANS).await?.iter().map(ScanEntry::from));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.started));
    Ok(entries)
}

impl From<&Scan> for ScanEntry {
    fn from(scan: &Scan) -> Self {
        let states = &scan.slices.overall.resources;
        let outcome = if scan.complete { ScanOutcome::Complete } else { ScanOutcome::Incomplete };
        Self {
            id: Some(scan.id),
            started: scan.started,
            ended: scan.finished,
            outcome,
            failure: None,
            compliance: states.compliance(),
            coverage: states.coverage(),
            expected: Some(states.total()),
            failing: Some(states.fail.total()),
            rules_digest: Some(scan.rules_digest.clone()),
        }
    }
}

impl From<&FailedScan> for ScanEntry {
    fn from(failed: &FailedScan) -> Self {
        Self {
            id: None,
            started: failed.started,
            ended: failed.finished,
            outcome: ScanOutcome::Failed,
            failure: Some(format!("{}: {}", failed.reason, failed.message)),
            compliance: None,
            coverage: None,
            expected: None,
            failing: None,
            rules_digest: None,
        }
    }
}

impl From<ResourceRecord> for JudgedResource {
    fn from(record: ResourceRecord) -> Self {
        Self {
            resource: record.key,
            name: record.name,
            state: record.state,
            worst_severity: record.state.and_then(state_severity),
            unknown: Vec::new(),
            stale_since: record.stale_since,
            evaluations: Vec::new(),
        }
    }
}
