//! `plimsoll drift`: what changed between two snapshots, or in the ledger's last scan, or against
//! what Terraform declares.

use std::io::Read;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use plimsoll::drift::declared::{DeclaredDrift, Standing, align};
use plimsoll::exit::Exit;
use plimsoll::ledger::FindingFilter;
use plimsoll::model::{Change, ChangeEvent, Detected, DetectionBound, Finding, Pointer, Resource, Snapshot};
use plimsoll::report::{DeclaredReport, Report};
use plimsoll::scan::declare;
use plimsoll::source::file;
use plimsoll::source::terraform::{DeclaredBy, REDACTED, read_declared};
use plimsoll::{drift, facts, failover};

use super::{access, existing_ledger, ledger_place, load_config, print};
use crate::cli::{Common, DriftArgs, DriftKind, SnapshotArgs};

/// More changes than one scan can have.
const ALL: u32 = u32::MAX;

pub(super) async fn run(common: &Common, arguments: &DriftArgs) -> anyhow::Result<Exit> {
    if let Some(declared) = &arguments.declared {
        return against_declared(common, arguments, declared).await;
    }
    let changes = match (&arguments.old, &arguments.new) {
        (Some(old), Some(new)) => {
            let paths = load_config(common)?.failover_paths();
            let (old, new) = (with_facts(file::read(old)?, &paths), with_facts(file::read(new)?, &paths));
            let mut changes = drift::compare(&old, &new);
            failover::annotate(&mut changes, &old, &new);
            changes
        }
        _ => last_recorded(common, arguments).await?,
    };
    print(common, &Report::Drift(&changes))?;
    Ok(if arguments.fail && changes.iter().any(Change::is_drift) { Exit::Drift } else { Exit::Success })
}

fn with_facts(mut snapshot: Snapshot, paths: &[Resource]) -> Snapshot {
    declare(&mut snapshot, paths.to_vec());
    facts::derive(&mut snapshot);
    snapshot
}

/// What the latest scan saw change.
async fn last_recorded(common: &Common, arguments: &DriftArgs) -> anyhow::Result<Vec<Change>> {
    let config = load_config(common)?;
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let Some(last) = ledger.last_scan().await? else { return Ok(Vec::new()) };
    let since: Timestamp = last.scan.taken_at;
    let records = ledger.changes(since, ALL).await?;
    let changes = records.into_iter().filter(|record| record.scan == last.scan.id).map(|record| record.change);
    let mut changes: Vec<Change> = changes.collect();
    let findings = ledger.findings(&FindingFilter { since: Some(since), ..FindingFilter::default() }).await?;
    for change in &mut changes {
        change.by = made_by(change, since, &findings);
    }
    Ok(changes)
}

/// The call that made a change which a scan saw, where a finding that the scan opened knows it.
pub(super) fn made_by(change: &Change, scan: Timestamp, findings: &[Finding]) -> Option<ChangeEvent> {
    let opened = |finding: &&Finding| finding.first_seen == scan && finding.resource == change.resource;
    let exact = |detected: &&Detected| detected.bound == DetectionBound::Exact;
    findings.iter().filter(opened).find_map(|finding| finding.detected.as_ref().filter(exact)?.event.clone())
}

/// What is live against what Terraform declares.
async fn against_declared(common: &Common, arguments: &DriftArgs, path: &Path) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let declared =
        read_declared(&bytes_of(path)?).with_context(|| format!("cannot read what {} declares", path.display()))?;
    let of = SnapshotArgs { snapshot: arguments.snapshot.clone(), ledger: arguments.ledger.clone() };
    let mut live = access::snapshot(common, &of).await?;
    facts::derive(&mut live);
    let mut alignment = align(&declared.declaration(live.taken_at), &live);
    facts::derive(&mut alignment.as_declared);
    let mut drift = alignment.compare(&live);
    let redaction = declared.redaction();
    // What follows from a document with a sensitive place may tell what stands there.
    let facts = Pointer::new("/facts");
    let hides = |address: &str, place: &Pointer| {
        redaction.hides(address, place) || facts.covers(place) && redaction.hides_some(address)
    };
    drift.hide(&hides, REDACTED);
    drift.map_texts(&|text| redaction.redact(text));
    let told = told(arguments);
    let declared_by = match declared.declared_by() {
        DeclaredBy::State => "state",
        DeclaredBy::Plan => "plan",
    };
    let report = DeclaredReport { drift: &drift, told: &told, declared_by, taken_at: live.taken_at };
    print(common, &Report::DeclaredDrift(report))?;
    Ok(exit(&drift, &told, arguments.fail, config.thresholds.minimum_coverage.get()))
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What is told one by one, and what `--fail` looks at.
fn told(arguments: &DriftArgs) -> Vec<Standing> {
    let all = [Standing::Changed, Standing::Missing, Standing::Unmanaged, Standing::NotComparable];
    let wanted = |standing: &Standing| match standing {
        Standing::Unmanaged if arguments.no_unmanaged => false,
        _ if arguments.only.is_empty() => true,
        Standing::Changed => arguments.only.contains(&DriftKind::Changed),
        Standing::Missing => arguments.only.contains(&DriftKind::Missing),
        Standing::Unmanaged => arguments.only.contains(&DriftKind::Unmanaged),
        Standing::NotComparable => arguments.only.contains(&DriftKind::NotComparable),
        Standing::Same => false,
    };
    all.into_iter().filter(wanted).collect()
}

/// Nothing compared is no verdict; with `--fail` neither is "no drift" in what little was compared.
#[expect(clippy::cast_precision_loss, reason = "no state declares 2^52 resources")]
fn exit(drift: &DeclaredDrift, told: &[Standing], fail: bool, minimum_coverage: f64) -> Exit {
    if drift.is_empty() {
        return Exit::Incomplete;
    }
    let drifted = |standing: &&Standing| standing.is_drift() && drift.with(**standing).count() > 0;
    if fail && told.iter().any(|standing| drifted(&standing)) {
        return Exit::Drift;
    }
    let coverage = drift.settled() as f64 / drift.declared().max(1) as f64;
    if fail && coverage < minimum_coverage { Exit::Incomplete } else { Exit::Success }
}
