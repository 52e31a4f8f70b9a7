//! Recording one scan: all of it in one transaction, or nothing.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::open::Writer;
use super::row::{severity, time, to_json};
use super::window::standing;
use super::{
    FailedScan, LastScan, LedgerError, Scan, ScanId, ScanRecord, Written, lists, openings, query, rules, verdicts,
    versions,
};
use crate::findings::{Event, Transition};
use crate::model::{GapReason, ResourceKey, Severity, Snapshot};
use crate::sli::{self, Counters, Standing, accrue, hold};

const ROWS_PER_INSERT: usize = 1_000;

impl Writer {
    /// Records a scan, and gives it back as the latest one with the counters after it.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it is as it was before.
    pub async fn record(&self, record: &ScanRecord<'_>) -> Result<LastScan, LedgerError> {
        let mut transaction = self.ledger.pool.begin_with("BEGIN IMMEDIATE").await?;
        let last = write(&mut transaction, record).await?;
        transaction.commit().await?;
        Ok(last)
    }

    /// Records that a scan gave no verdict. The latest scan stays the latest, and its states go
    /// on holding as long as they do.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record_failure(&self, failed: &FailedScan) -> Result<Counters, LedgerError> {
        let mut transaction = self.ledger.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO failed_scans (started, finished, reason, message) VALUES (?, ?, ?, ?)")
            .bind(failed.started.as_millisecond())
            .bind(failed.finished.as_millisecond())
            .bind(&failed.reason)
            .bind(&failed.message)
            .execute(&mut *transaction)
            .await?;
        let mut counters = query::counters(&mut transaction).await?;
        counters.scan_runs += 1;
        *counters.scan_failures.entry(failed.reason.clone()).or_default() += 1;
        write_counters(&mut transaction, &counters).await?;
        transaction.commit().await?;
        Ok(counters)
    }
}

/// The scan before the one that is being recorded.
struct Before {
    id: ScanId,
    taken_at: Timestamp,
    standing: Standing,
    longest: SignedDuration,
}

async fn before(connection: &mut SqliteConnection) -> Result<Option<Before>, LedgerError> {
    let row = sqlx::query(
        "SELECT id, taken_at, standing, (SELECT max(finished - started) FROM scans) AS longest \
         FROM scans ORDER BY id DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Before {
            id: row.try_get("id")?,
            taken_at: time(row.try_get("taken_at")?)?,
            standing: standing(&row)?,
            longest: SignedDuration::from_millis(row.try_get("longest")?),
        })
    })
    .transpose()
}

async fn write(connection: &mut SqliteConnection, record: &ScanRecord<'_>) -> Result<LastScan, LedgerError> {
    let before = before(connection).await?;
    let previous = before.as_ref().map(|before| before.taken_at);
    let mut scan = scan(record, before.as_ref().map_or(1, |before| before.id + 1));
    insert_scan(connection, &scan).await?;
    scan.written = write_content(connection, scan.id, record, previous).await?;

    let standing = standing_after(connection, record, before.as_ref()).await?;
    let mut counters = query::counters(connection).await?;
    count(&mut counters, record, before.as_ref(), standing.at);
    write_counters(connection, &counters).await?;
    sqlx::query("UPDATE scans SET at = ?, standing = ?, integrals = ?, written = ?, step = ? WHERE id = ?")
        .bind(standing.at.as_millisecond())
        .bind(to_json("a standing", &standing)?)
        .bind(to_json("time integrals", &counters.integrals)?)
        .bind(to_json("counts of what was written", &scan.written)?)
        .bind(record.stepped.map(|stepped| to_json("a step", &stepped.step)).transpose()?)
        .bind(scan.id)
        .execute(connection)
        .await?;
    Ok(LastScan { scan, standing, counters })
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
        assessment: record.assessment.clone(),
        calls: record.calls.clone(),
        written: Written::default(),
    }
}

/// Everything asked for was read: every list is whole, and nothing is missing but what the
/// configuration left out.
fn is_complete(snapshot: &Snapshot) -> bool {
    snapshot.listings.iter().all(|listing| listing.complete)
        && snapshot.gaps.iter().all(|gap| gap.reason == GapReason::NotCollected)
}

async fn insert_scan(connection: &mut SqliteConnection, scan: &Scan) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO scans (id, started, finished, taken_at, complete, rules_digest, waivers_digest, assessment, \
         calls, written, at, standing, integrals) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', ?, '{}', '{}')",
    )
    .bind(scan.id)
    .bind(scan.started.as_millisecond())
    .bind(scan.finished.as_millisecond())
    .bind(scan.taken_at.as_millisecond())
    .bind(scan.complete)
    .bind(&scan.rules_digest)
    .bind(&scan.waivers_digest)
    .bind(to_json("an assessment", &scan.assessment)?)
    .bind(to_json("call counts", &scan.calls)?)
    .bind(scan.finished.as_millisecond())
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_content(
    connection: &mut SqliteConnection,
    scan: ScanId,
    record: &ScanRecord<'_>,
    previous: Option<Timestamp>,
) -> Result<Written, LedgerError> {
    let states: HashMap<_, _> = sli::states(record.snapshot, record.evaluations, record.rules)
        .into_iter()
        .map(|(resource, state)| (ResourceKey::from(resource), state))
        .collect();
    let versions = versions::write_versions(connection, scan, record.snapshot, &states, previous).await?;
    let written = Written {
        documents: versions.documents,
        versions: versions.versions,
        verdicts: verdicts::keep(connection, record.judged, &versions.current).await?,
        findings: openings::write_findings(connection, record, previous).await?,
        changes: write_changes(connection, scan, record).await?,
        listings_and_gaps: lists::write_lists(connection, record.snapshot).await?,
        rules: rules::write_rules(connection, record.rules).await?,
    };
    if versions.ended {
        verdicts::prune(connection).await?;
    }
    Ok(written)
}

async fn write_changes(
    connection: &mut SqliteConnection,
    scan: ScanId,
    record: &ScanRecord<'_>,
) -> Result<u64, LedgerError> {
    let mut rows = Vec::with_capacity(record.changes.len());
    for (position, change) in (0_i64..).zip(record.changes) {
        rows.push((position, change, to_json("a change", change)?));
    }
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO changes (scan, position, kind, direction, account, region, type, resource, change) ",
        );
        query.push_values(chunk, |mut row, (position, change, json)| {
            row.push_bind(scan)
                .push_bind(position)
                .push_bind(change.kind.name())
                .push_bind(change.direction.name())
                .push_bind(change.resource.account.as_str())
                .push_bind(change.resource.region.as_str())
                .push_bind(change.resource.resource_type.name())
                .push_bind(change.resource.id.as_str())
                .push_bind(json);
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(rows.len() as u64)
}

/// What holds after this scan. The moment never goes back, even when the clock does.
async fn standing_after(
    connection: &mut SqliteConnection,
    record: &ScanRecord<'_>,
    before: Option<&Before>,
) -> Result<Standing, LedgerError> {
    let took = record.finished.duration_since(record.started);
    let longest = before.map_or(took, |before| before.longest.max(took));
    let at = before.map_or(record.finished, |before| before.standing.at.max(record.finished));
    let open = open_severities(connection).await?;
    Ok(Standing::new(record.assessment, open, at, hold(record.interval, longest)))
}

async fn open_severities(connection: &mut SqliteConnection) -> Result<Vec<Severity>, LedgerError> {
    let words: Vec<String> =
        sqlx::query_scalar("SELECT severity FROM findings WHERE resolved_at IS NULL").fetch_all(connection).await?;
    words.iter().map(|word| severity(word)).collect()
}

fn count(counters: &mut Counters, record: &ScanRecord<'_>, before: Option<&Before>, at: Timestamp) {
    if let Some(Before { standing, .. }) = before {
        accrue(&mut counters.integrals, standing, standing.at, at);
    }
    for Transition { event, finding } in record.transitions {
        match (event, &finding.resolved) {
            (Event::Opened | Event::Reopened, _) => counters.findings_opened.add(finding.severity, 1),
            (Event::Resolved, Some(resolved)) => {
                counters.findings_resolved.entry(resolved.how).or_default().add(finding.severity, 1);
            }
            (Event::Seen, _) | (Event::Resolved, None) => {}
        }
    }
    counters.add_changes(record.changes);
    counters.add_calls(record.calls);
    counters.evaluations.judged += record.work.judged;
    counters.evaluations.reused += record.work.reused;
    counters.scan_runs += 1;
}

async fn write_counters(connection: &mut SqliteConnection, counters: &Counters) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO counters (id, counters) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET counters = excluded.counters",
    )
    .bind(to_json("counters", counters)?)
    .execute(connection)
    .await?;
    Ok(())
}
