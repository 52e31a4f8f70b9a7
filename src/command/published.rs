//! What a scan found, as the metrics page and the server show it.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll::config::Config;
use plimsoll::ledger::{Ledger, LedgerError, Scan};
use plimsoll::metrics::{
    Accounts, Build, FailureReason, Published, RuleSummary, ScanFailure, ScanValues, WaiverStatus, render,
};
use plimsoll::model::{Evaluation, Snapshot};
use plimsoll::rules::waiver::WaiverUse;
use plimsoll::scan::{Judge, Outcome, ScanError};
use plimsoll::server::{Estate, JudgedResource, ScanEntry, Scanned};

use super::clock;

/// Scans that the history shows.
const HISTORY: u32 = 100;

/// A completed scan, ready to be shown.
pub(super) async fn scanned(
    ledger: &Ledger,
    outcome: Outcome,
    judge: &Judge,
    config: &Config,
) -> Result<Scanned, LedgerError> {
    let published = of(&outcome, judge, config);
    let estate = estate(ledger, &outcome.snapshot, &outcome.evaluations, judge).await?;
    Ok(Scanned { published, estate: Estate { changes: outcome.changes, ..estate } })
}

/// The metrics page of a completed scan.
pub(super) async fn page(
    ledger: &Ledger,
    outcome: &Outcome,
    judge: &Judge,
    config: &Config,
) -> Result<String, LedgerError> {
    let mut published = of(outcome, judge, config);
    published.counters = ledger.counters().await?;
    Ok(render(&published, clock()))
}

/// What the ledger remembers, for the time until the first scan has ended.
pub(super) async fn remembered(ledger: &Ledger, judge: &Judge, config: &Config) -> Result<Scanned, LedgerError> {
    let mut published = Published::before_the_first_scan(build(judge), config.schedule.interval.duration());
    complete(&mut published, judge, config);
    published.counters = ledger.counters().await?;
    let (Some(last), Some(snapshot)) = (ledger.last_scan().await?, ledger.previous_snapshot().await?) else {
        return Ok(Scanned { published, estate: Estate::default() });
    };
    let judgement = judge.judge_all(&snapshot, snapshot.taken_at);
    let estate = estate(ledger, &snapshot, &judgement.evaluations, judge).await?;
    published.scan =
        Some(ScanValues::new(last.scan.assessment.clone(), last.standing, &snapshot, &estate.findings));
    published.accounts = accounts(&snapshot, config);
    published.last_start = Some(last.scan.started);
    published.last_completion = Some(last.scan.finished);
    let changes = ledger.changes(last.scan.taken_at, HISTORY).await?.into_iter().map(|record| record.change).collect();
    Ok(Scanned { published, estate: Estate { changes, ..estate } })
}

/// Why a scan brought nothing, in one word.
pub(super) const fn failure_reason(error: &ScanError) -> FailureReason {
    match error {
        ScanError::Collect(_) => FailureReason::Connect,
        ScanError::Ledger(_) => FailureReason::Ledger,
    }
}

/// The same, with its message.
pub(super) fn failure(error: &ScanError) -> ScanFailure {
    ScanFailure { reason: failure_reason(error), message: error.to_string() }
}

fn of(outcome: &Outcome, judge: &Judge, config: &Config) -> Published {
    let mut published = Published::before_the_first_scan(build(judge), config.schedule.interval.duration());
    complete(&mut published, judge, config);
    let mut values = ScanValues::new(
        outcome.assessment.clone(),
        outcome.last.standing.clone(),
        &outcome.snapshot,
        &outcome.findings,
    );
    values.waivers = waiver_counts(&outcome.waivers);
    values.durations = outcome.durations.clone();
    published.scan = Some(values);
    published.accounts = accounts(&outcome.snapshot, config);
    published.counters = outcome.last.counters.clone();
    published.last_start = Some(outcome.last.scan.started);
    published.last_completion = Some(outcome.last.scan.finished);
    published
}

fn complete(published: &mut Published, judge: &Judge, config: &Config) {
    published.max_series = config.metrics.max_series as usize;
    published.rules = judge.rules().iter().map(|rule| (rule.id.clone(), RuleSummary::from(rule))).collect();
}

fn build(judge: &Judge) -> Build {
    Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: option_env!("PLIMSOLL_REVISION").unwrap_or("unknown").to_owned(),
        rules_digest: judge.rules_digest().to_owned(),
    }
}

fn waiver_counts(waivers: &WaiverUse) -> BTreeMap<WaiverStatus, u64> {
    BTreeMap::from([
        (WaiverStatus::Used, waivers.used.len() as u64),
        (WaiverStatus::Expired, waivers.expired.len() as u64),
        (WaiverStatus::Unmatched, waivers.unmatched.len() as u64),
    ])
}

/// Accounts of the snapshot and of the configuration.
fn accounts(snapshot: &Snapshot, config: &Config) -> Accounts {
    let listed = snapshot.listings.iter().map(|listing| listing.account.clone());
    let configured = config.accounts.iter().filter_map(|entry| entry.id.clone());
    listed.chain(configured).map(|account| (account, None)).collect()
}

async fn estate(
    ledger: &Ledger,
    snapshot: &Snapshot,
    evaluations: &[Evaluation],
    judge: &Judge,
) -> Result<Estate, LedgerError> {
    let scans = ledger.scans(HISTORY).await?;
    Ok(Estate {
        resources: JudgedResource::of(snapshot, evaluations, judge.rules()),
        findings: ledger.findings(&plimsoll::ledger::FindingFilter::default()).await?,
        changes: Vec::new(),
        gaps: snapshot.gaps.clone(),
        scans: scans.iter().map(entry).collect(),
    })
}

fn entry(scan: &Scan) -> ScanEntry {
    let overall = &scan.assessment.overall;
    let ratios = overall.ratios();
    ScanEntry {
        id: scan.id.to_string(),
        started: scan.started,
        completed: Some(scan.finished),
        compliance: ratios.compliance,
        coverage: ratios.coverage,
        expected: overall.resources.total(),
        failing: overall.resources.fail.total(),
        rules_digest: scan.rules_digest.clone(),
    }
}

/// Rules, waivers and configuration in force; replaced as a whole by a reload.
#[derive(Clone)]
pub(super) struct InForce {
    pub(super) config: Arc<Config>,
    pub(super) judge: Arc<Judge>,
    pub(super) accounts: Arc<Vec<plimsoll::scan::Account>>,
}
