//! Findings as stored: one row for each opening, written only when something about it changes.
//!
//! An opening that each scan sees has no `last_seen` of its own: it is that of the latest scan.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{Row as _, SqliteConnection};

use super::row::to_json;
use super::{LedgerError, ScanRecord};
use crate::explain::Cause;
use crate::findings::{Event, Transition};
use crate::model::Finding;

/// An opening that has not ended, as stored.
struct Open {
    severity: String,
    denials: String,
    /// Whether the last scan saw it.
    seen: bool,
}

/// Writes what the transitions change. `previous` is when the last scan was taken: the moment at
/// which what is seen no longer was last seen.
pub(super) async fn write_findings(
    connection: &mut SqliteConnection,
    record: &ScanRecord<'_>,
    previous: Option<Timestamp>,
) -> Result<u64, LedgerError> {
    let mut open = open_findings(connection).await?;
    let mut written = 0;
    let cause = |finding: &Finding| record.stepped.and_then(|stepped| stepped.causes.get(&finding.id)).copied();
    for Transition { event, finding } in record.transitions {
        let stored = open.remove(&finding.id);
        written += match event {
            Event::Opened | Event::Reopened => insert_finding(connection, finding, cause(finding)).await?,
            Event::Resolved => resolve_finding(connection, finding, previous).await?,
            Event::Seen => see_finding(connection, finding, stored).await?,
        };
    }
    for (id, open) in open {
        if open.seen {
            written += sqlx::query("UPDATE findings SET last_seen = ? WHERE id = ? AND resolved_at IS NULL")
                .bind(previous.map(Timestamp::as_millisecond))
                .bind(id)
                .execute(&mut *connection)
                .await?
                .rows_affected();
        }
    }
    Ok(written)
}

async fn open_findings(connection: &mut SqliteConnection) -> Result<HashMap<String, Open>, LedgerError> {
    let rows =
        sqlx::query("SELECT id, severity, denials, last_seen IS NULL AS seen FROM findings WHERE resolved_at IS NULL")
            .fetch_all(connection)
            .await?;
    let mut open = HashMap::with_capacity(rows.len());
    for row in rows {
        let stored =
            Open { severity: row.try_get("severity")?, denials: row.try_get("denials")?, seen: row.try_get("seen")? };
        open.insert(row.try_get("id")?, stored);
    }
    Ok(open)
}

async fn insert_finding(
    connection: &mut SqliteConnection,
    finding: &Finding,
    cause: Option<Cause>,
) -> Result<u64, LedgerError> {
    let inserted = sqlx::query(
        "INSERT INTO findings (id, opening, rule, severity, account, region, type, resource, denials, first_seen, \
         cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&finding.id)
    .bind(finding.reopened)
    .bind(finding.rule.as_str())
    .bind(finding.severity.name())
    .bind(finding.resource.account.as_str())
    .bind(finding.resource.region.as_str())
    .bind(finding.resource.resource_type.name())
    .bind(finding.resource.id.as_str())
    .bind(to_json("denials", &finding.denials)?)
    .bind(finding.first_seen.as_millisecond())
    .bind(cause.map(Cause::name))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected())
}

async fn resolve_finding(
    connection: &mut SqliteConnection,
    finding: &Finding,
    previous: Option<Timestamp>,
) -> Result<u64, LedgerError> {
    let updated = sqlx::query(
        "UPDATE findings SET resolved_at = ?, resolution = ?, last_seen = coalesce(last_seen, ?) \
         WHERE id = ? AND resolved_at IS NULL",
    )
    .bind(finding.resolved.as_ref().map(|resolved| resolved.at.as_millisecond()))
    .bind(finding.resolved.as_ref().map(|resolved| resolved.how.name()))
    .bind(previous.map(Timestamp::as_millisecond))
    .bind(&finding.id)
    .execute(connection)
    .await?;
    Ok(updated.rows_affected())
}

async fn see_finding(
    connection: &mut SqliteConnection,
    finding: &Finding,
    stored: Option<Open>,
) -> Result<u64, LedgerError> {
    let denials = to_json("denials", &finding.denials)?;
    let same = |open: &Open| open.seen && open.severity == finding.severity.name() && open.denials == denials;
    if stored.as_ref().is_some_and(same) {
        return Ok(0);
    }
    let updated = sqlx::query(
        "UPDATE findings SET severity = ?, denials = ?, last_seen = NULL WHERE id = ? AND resolved_at IS NULL",
    )
    .bind(finding.severity.name())
    .bind(&denials)
    .bind(&finding.id)
    .execute(connection)
    .await?;
    Ok(updated.rows_affected())
}
