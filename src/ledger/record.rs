//! Recording one scan: all of it in one transaction, or nothing.

use jiff::{SignedDuration, Timestamp};

use super::db::{Transaction, sql};
use super::row::{time, to_json};
use super::slices::{Slices, write_findings, write_integrals};
use super::window::standing;
use super::{
    FailedScan, LastScan, LedgerError, Scan, ScanId, ScanRecord, Written, detections, lists, openings, query, rules,
    tally, verdicts, versions,
};
use crate::findings::{Event, Transition};
use crate::model::{GapReason, Snapshot};
use crate::sli::{Counters, Standing, accrue, hold};

/// The scan before the one that is being recorded.
struct Before {
    id: ScanId,
    taken_at: Timestamp,
    standing: Standing,
    longest: SignedDuration,
}

async fn before(transaction: &mut Transaction<'_>) -> Result<Option<Before>, LedgerError> {
    let select = "SELECT id, taken_at, at, hold, slices, open, longest FROM scans ORDER BY id DESC LIMIT 1";
    let Some(row) = transaction.first(sql(select)).await? else { return Ok(None) };
    Ok(Some(Before {
        id: row.get("id")?,
        taken_at: time(row.get("taken_at")?)?,
        standing: standing(&row)?,
        longest: SignedDuration::from_millis(row.get("longest")?),
    }))
}

/// Writes a scan, and gives it back as the latest one with the counters after it.
pub(super) async fn write(transaction: &mut Transaction<'_>, record: &ScanRecord<'_>) -> Result<LastScan, LedgerError> {
    let before = before(transaction).await?;
    if let Some(before) = before.as_ref().filter(|before| Some(before.id) != record.memory.scan) {
        return Err(LedgerError::Overtaken { place: transaction.place().clone(), begun: before.taken_at });
    }
    let previous = before.as_ref().map(|before| before.taken_at);
    let mut scan = scan(record, before.as_ref().map_or(1, |before| before.id + 1));
    insert_scan(transaction, &scan).await?;
    scan.written = write_content(transaction, scan.id, record, previous).await?;

    let longest = longest(record, before.as_ref());
    let standing = standing_after(record, before.as_ref(), longest);
    let mut counters = query::counters(transaction).await?;
    count(&mut counters, record, before.as_ref(), standing.at);
    write_counters(transaction, &counters).await?;
    write_latest(transaction, scan.id, record).await?;
    tally::write_points(transaction, scan.id, &standing, record.measures).await?;
    let update = "UPDATE scans SET at = $1, hold = $2, longest = $3, open = $4, integrals = $5, written = $6, step = $7 \
                  WHERE id = $8";
    let update = sql(update)
        .bind(standing.at.as_millisecond())
        .bind(milliseconds(standing.hold))
        .bind(milliseconds(longest))
        .bind(write_findings(&standing.findings)?)
        .bind(write_integrals(&counters.integrals)?)
        .bind(written(&scan.written)?)
        .bind(record.stepped.map(|stepped| to_json("a step", &stepped.step)).transpose()?)
        .bind(scan.id);
    transaction.execute(update).await?;
    let (assessment, calls) = (record.assessment.clone(), record.calls.clone());
    Ok(LastScan { scan, assessment, calls, standing, counters })
}

/// Writes a scan without verdict, and gives the counters after it.
pub(super) async fn write_failure(
    transaction: &mut Transaction<'_>,
    failed: &FailedScan,
) -> Result<Counters, LedgerError> {
    let insert = sql("INSERT INTO failed_scans (started, finished, reason, message) VALUES ($1, $2, $3, $4)")
        .bind(failed.started.as_millisecond())
        .bind(failed.finished.as_millisecond())
        .bind(&failed.reason)
        .bind(&failed.message);
    transaction.execute(insert).await?;
    let mut counters = query::counters(transaction).await?;
    counters.scan_runs += 1;
    *counters.scan_failures.entry(failed.reason.clone()).or_default() += 1;
    write_counters(transaction, &counters).await?;
    Ok(counters)
}

/// Whether a scan without verdict is there already.
pub(super) async fn is_recorded(transaction: &mut Transaction<'_>, failed: &FailedScan) -> Result<bool, LedgerError> {
    let select = sql("SELECT id FROM failed_scans WHERE started = $1 AND finished = $2 AND reason = $3")
        .bind(failed.started.as_millisecond())
        .bind(failed.finished.as_millisecond())
        .bind(&failed.reason);
    Ok(transaction.first(select).await?.is_some())
}

fn scan(record: &ScanRecord<'_>, id: ScanId) -> Scan {
    Scan {
        id,
        started: record.started,
        finished: record.finished,
        taken_at: record.snapshot.taken_at,
        complete: is_complete(record.snapshot),
        rules_digest: record.rules_digest.to_owned(),
        waivers_digest: record.waivers_digest.to_owned(),
        slices: Slices::from(record.assessment),
        written: Written::default(),
    }
}

/// A scan that wrote nothing, as most do, takes no space to say so.
fn written(written: &Written) -> Result<String, LedgerError> {
    if *written == Written::default() { Ok("{}".to_owned()) } else { to_json("counts of what was written", written) }
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Everything asked for was read: every list is whole, and nothing is missing but what the
/// configuration left out.
fn is_complete(snapshot: &Snapshot) -> bool {
    snapshot.listings.iter().all(|listing| listing.complete)
        && snapshot.gaps.iter().all(|gap| gap.reason == GapReason::NotCollected)
}

/// Writes the row that others refer to; what follows from the content is added later.
async fn insert_scan(transaction: &mut Transaction<'_>, scan: &Scan) -> Result<(), LedgerError> {
    let insert = "INSERT INTO scans (id, started, finished, taken_at, complete, rules_digest, waivers_digest, slices, \
                  at, written, open, integrals, hold, longest) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', '[0,0,0,0]', '{}', 0, 0)";
    let insert = sql(insert)
        .bind(scan.id)
        .bind(scan.started.as_millisecond())
        .bind(scan.finished.as_millisecond())
        .bind(scan.taken_at.as_millisecond())
        .bind(scan.complete)
        .bind(&scan.rules_digest)
        .bind(&scan.waivers_digest)
        .bind(scan.slices.write()?)
        .bind(scan.finished.as_millisecond());
    transaction.execute(insert).await?;
    Ok(())
}

/// Replaces what is kept of the latest scan only.
async fn write_latest(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    record: &ScanRecord<'_>,
) -> Result<(), LedgerError> {
    let upsert = "INSERT INTO latest (id, scan, assessment, calls) VALUES (1, $1, $2, $3) ON CONFLICT (id) \
                  DO UPDATE SET scan = excluded.scan, assessment = excluded.assessment, calls = excluded.calls";
    let upsert = sql(upsert)
        .bind(scan)
        .bind(to_json("an assessment", record.assessment)?)
        .bind(to_json("call counts", record.calls)?);
    transaction.execute(upsert).await?;
    Ok(())
}

async fn write_content(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    record: &ScanRecord<'_>,
    previous: Option<Timestamp>,
) -> Result<Written, LedgerError> {
    let whole = lists::last_whole(transaction, previous).await?;
    let versions = versions::write_versions(transaction, scan, record, (previous, &whole)).await?;
    let written = Written {
        documents: versions.documents,
        versions: versions.versions,
        verdicts: verdicts::keep(transaction, record.judged, &versions.current).await?,
        findings: write_openings(transaction, record, previous).await?,
        changes: write_changes(transaction, scan, record).await?,
        listings_and_gaps: lists::write_lists(transaction, record.snapshot, &whole).await?,
        rules: rules::write_rules(transaction, record.rules).await?,
    };
    if versions.ended {
        verdicts::prune(transaction).await?;
    }
    Ok(written)
}

async fn write_openings(
    transaction: &mut Transaction<'_>,
    record: &ScanRecord<'_>,
    previous: Option<Timestamp>,
) -> Result<u64, LedgerError> {
    let written = openings::write_findings(transaction, record, previous).await?;
    detections::write_detections(transaction, record.detections).await?;
    Ok(written)
}

async fn write_changes(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    record: &ScanRecord<'_>,
) -> Result<u64, LedgerError> {
    let mut rows = Vec::with_capacity(record.changes.len());
    for (position, change) in (0_i64..).zip(record.changes) {
        rows.push(vec![
            scan.into(),
            position.into(),
            change.kind.name().into(),
            change.direction.name().into(),
            change.resource.account.as_str().into(),
            change.resource.region.as_str().into(),
            change.resource.resource_type.name().into(),
            change.resource.id.as_str().into(),
            to_json("a change", change)?.into(),
        ]);
    }
    let into = "INSERT INTO changes (scan, position, kind, direction, account, region, type, resource, change)";
    transaction.insert(into, rows, "").await
}

/// The longest scan so far.
fn longest(record: &ScanRecord<'_>, before: Option<&Before>) -> SignedDuration {
    let took = record.finished.duration_since(record.started);
    before.map_or(took, |before| before.longest.max(took))
}

/// What holds after this scan. The moment never goes back, even when the clock does.
fn standing_after(record: &ScanRecord<'_>, before: Option<&Before>, longest: SignedDuration) -> Standing {
    let at = before.map_or(record.finished, |before| before.standing.at.max(record.finished));
    let open = record.memory.open_after(record.transitions).map(|finding| finding.severity);
    Standing::new(record.assessment, open, at, hold(record.interval, longest))
}

fn count(counters: &mut Counters, record: &ScanRecord<'_>, before: Option<&Before>, at: Timestamp) {
    if let Some(Before { standing, .. }) = before {
        accrue(&mut counters.integrals, standing, standing.at, at);
    }
    for Transition { event, finding } in record.transitions {
        match event {
            Event::Opened | Event::Reopened => counters.observe_opening(finding),
            Event::Resolved => counters.observe_resolution(finding),
            Event::Seen => {}
        }
    }
    for detection in record.detections.iter().filter(|detection| detection.awaited.is_none()) {
        counters.observe_detection(&detection.finding);
    }
    counters.add_changes(record.changes);
    counters.add_calls(record.calls);
    counters.evaluations.judged += record.work.judged;
    counters.evaluations.reused += record.work.reused;
    counters.scan_runs += 1;
}

async fn write_counters(transaction: &mut Transaction<'_>, counters: &Counters) -> Result<(), LedgerError> {
    let upsert = "INSERT INTO counters (id, counters) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET counters = excluded.counters";
    transaction.execute(sql(upsert).bind(to_json("counters", counters)?)).await?;
    Ok(())
}
