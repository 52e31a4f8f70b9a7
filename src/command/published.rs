//! What a scan found, as the metrics page and the server show it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use plimsoll::budgets;
use plimsoll::config::{AccountDetail, Config};
use plimsoll::ledger::{FindingFilter, Ledger, LedgerError};
use plimsoll::metrics::{
    AccountSeries, Build, FailureReason, GateDecision, Published, RuleSummary, ScanFailure, SloPages, SloValues,
    WaiverStatus,
};
use plimsoll::model::Severity;
use plimsoll::rules::waiver::WaiverUse;
use plimsoll::scan::{Judge, Outcome, ScanError};
use plimsoll::server::{self, Completed, Scanned};
use plimsoll::slo::policy;
use plimsoll::slo::{Indicator, Slo, SloStatus};

/// A completed scan, ready to be shown.
pub(super) async fn scanned(
    ledger: &Ledger,
    outcome: Outcome,
    judge: &Judge,
    config: &Config,
) -> Result<Scanned, LedgerError> {
    let mut page = page_of(judge, config);
    match &outcome.objectives {
        Ok(statuses) => page.slos = pages(statuses),
        Err(error) => tracing::warn!(%error, "the budget policy could not be settled; the next scan makes it good"),
    }
    page.decisions = decisions(ledger).await?;
    let mut findings = outcome.findings;
    findings.retain(|finding| finding.resolved.is_none());
    findings.extend(ledger.findings(&FindingFilter { open: Some(false), ..FindingFilter::default() }).await?);
    page.accounts.extend(outcome.snapshot.listings.iter().map(|listing| (listing.account.clone(), None)));
    let scanned = Scanned::from(Completed {
        page,
        last: outcome.last,
        snapshot: &outcome.snapshot,
        evaluations: &outcome.evaluations,
        rules: judge.rules(),
        findings,
        changes: outcome.changes,
        waivers: waiver_counts(&outcome.waivers),
        durations: outcome.durations,
        scans: server::history(ledger).await?,
    });
    Ok(with_limits(scanned, config))
}

/// The page of the last scan that the ledger remembers, with the objectives as they stand now.
pub(super) async fn remembered(
    ledger: &Ledger,
    judge: &Judge,
    config: &Config,
    now: jiff::Timestamp,
) -> Result<Scanned, LedgerError> {
    let mut page = page_of(judge, config);
    let policy = config.budget_policy.policy();
    page.slos = pages(&budgets::statuses(ledger, &config.slos(), &policy, now).await?);
    page.decisions = decisions(ledger).await?;
    Ok(with_limits(Scanned::remembered(ledger, page).await?, config))
}

/// Says when the time limits of open findings end.
fn with_limits(mut scanned: Scanned, config: &Config) -> Scanned {
    let limits = limits(&config.slos());
    let values = scanned.published.scan.take();
    scanned.published.scan = values.map(|values| values.with_limits(&limits, &scanned.estate.findings));
    scanned
}

/// How long findings of each severity may be open: the shortest time of the remediation objectives that
/// look at it.
fn limits(slos: &[Slo]) -> BTreeMap<Severity, SignedDuration> {
    let mut limits = BTreeMap::new();
    for slo in slos {
        let Indicator::Remediation { within, .. } = slo.indicator else { continue };
        let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        let admits = |severity: &&Severity| slo.scope.severity.is_none_or(|least| **severity >= least);
        for severity in Severity::ALL.iter().filter(admits) {
            let shortest = limits.entry(*severity).or_insert(within);
            *shortest = within.min(*shortest);
        }
    }
    limits
}

fn pages(statuses: &[SloStatus]) -> SloPages {
    statuses.iter().map(|status| (status.slo.name.clone(), SloValues::from(status))).collect()
}

/// What the gate answered, with 0 for every answer that it never gave.
pub(super) async fn decisions(ledger: &Ledger) -> Result<BTreeMap<(GateDecision, String), u64>, LedgerError> {
    let never = policy::Outcome::ALL.iter().map(|outcome| ((GateDecision::from(*outcome), "none".to_owned()), 0));
    let counted = ledger.decision_counts().await?.into_iter();
    Ok(never.chain(counted.map(|((outcome, reason), times)| ((outcome.into(), reason), times))).collect())
}

/// A page before the first scan: build, rules, cadence.
pub(super) fn page_of(judge: &Judge, config: &Config) -> Published {
    let mut published = Published::before_the_first_scan(build(judge), config.schedule.interval.duration());
    published.max_series = usize::try_from(config.metrics.max_series).unwrap_or(usize::MAX);
    published.account_detail = match config.metrics.account_detail {
        AccountDetail::None => AccountSeries::None,
        AccountDetail::Severity => AccountSeries::BySeverity,
    };
    published.rules = judge.rules().iter().map(|rule| (rule.id.clone(), RuleSummary::from(rule))).collect();
    published.accounts = config.accounts.iter().filter_map(|entry| Some((entry.id.clone()?, None))).collect();
    published
}

/// Why a scan brought nothing, in one word.
pub(super) const fn failure_reason(error: &ScanError) -> FailureReason {
    match error {
        ScanError::Collect(_) => FailureReason::Connect,
        ScanError::Ledger(_) => FailureReason::Ledger,
        ScanError::TimedOut(_) => FailureReason::TimedOut,
    }
}

/// The same, with its message.
pub(super) fn failure(error: &ScanError) -> ScanFailure {
    ScanFailure { reason: failure_reason(error), message: error.to_string() }
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
        (WaiverStatus::TooLong, waivers.too_long.len() as u64),
        (WaiverStatus::Unmatched, waivers.unmatched.len() as u64),
    ])
}

/// Rules, waivers and configuration in force; replaced as a whole by a reload.
#[derive(Clone)]
pub(super) struct InForce {
    pub(super) config: Arc<Config>,
    pub(super) judge: Arc<Judge>,
    pub(super) accounts: Arc<Vec<plimsoll::scan::Account>>,
}
