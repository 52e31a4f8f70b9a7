//! How long detection takes: what the ledger remembers for it, and what became known.
//!
//! A document that each scan read has no time of its own: it was last read by the latest scan. Only a
//! resource that went stale, a version that ended and a list that is no longer whole say when they
//! were last seen, so that an unchanged scan writes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::db::{Row, Transaction, sql};
use super::row::{finding, from_json, time, to_json};
use super::versions::resource;
use super::{Ledger, LedgerError};
use crate::model::{DetectionBound, Finding, Resource, ResourceKey};

/// What is known of how long one opening took from the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The finding as of that opening, with what is known.
    pub finding: Finding,
    /// The API call that is still looked for. `None` when nothing more is awaited: then the delay is
    /// counted, with the scan that says so and never again.
    pub awaited: Option<Awaited>,
}

/// An API call that made a change and has not been found yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// It came after this moment,
    pub from: Timestamp,
    /// when reading the resource had begun, and surely after this one, when it had ended.
    pub sure_from: Timestamp,
    /// It did not come later than this.
    pub to: Timestamp,
    /// It is one of these operations.
    pub calls: Vec<String>,
    /// The first scan that begins after this moment is the last one that looks for it.
    pub until: Timestamp,
}

/// A document that a resource had, up to the last scan that read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// The resource as it was, not marked as stale.
    pub resource: Resource,
    /// The last scan that read it: it was like that at this moment or later.
    pub read_at: Timestamp,
    /// Of the first document: when a whole list last did not hold the resource.
    pub absent_at: Option<Timestamp>,
}

impl Ledger {
    /// The documents that a resource has had without a break, newest first, at most so many.
    ///
    /// The latest of them is that of the latest scan that read the resource. They end where the
    /// resource was not there, or where the ledger does not reach.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn earlier(&self, key: &ResourceKey, most: u32) -> Result<Vec<Earlier>, LedgerError> {
        let select = "SELECT document, origin, CAST(NULL AS BIGINT) AS stale_since, absent_at, valid_from, valid_to, \
                             coalesce(since_stale, before.taken_at) AS read_at FROM (\
                          SELECT versions.id AS number, documents.document, origin, stale_since AS since_stale, \
                                 absent_at, valid_from, valid_to FROM versions \
                          JOIN documents ON documents.hash = versions.document \
                          WHERE resource = $1 AND account = $2 AND region = $3 AND type = $4) AS held \
                      LEFT JOIN scans AS before ON before.id = coalesce(valid_to - 1, (SELECT max(id) FROM scans)) \
                      ORDER BY number DESC LIMIT $5";
        let select = sql(select)
            .bind(key.id.as_str())
            .bind(key.account.as_str())
            .bind(key.region.as_str())
            .bind(key.resource_type.name())
            .bind(most);
        let rows = self.db.read().await?.all(select).await?;
        let mut earlier = Vec::with_capacity(rows.len());
        let mut begins: Option<i64> = None;
        for row in &rows {
            let ends: Option<i64> = row.get("valid_to")?;
            // The latest version must not have ended, and each other must lead to the one after it.
            let joined = if earlier.is_empty() { ends.is_none() } else { ends == begins };
            let Some(read_at) = row.get::<Option<i64>>("read_at")?.filter(|_| joined) else { break };
            begins = Some(row.get("valid_from")?);
            earlier.push(Earlier {
                resource: resource(row)?,
                read_at: time(read_at)?,
                absent_at: row.get::<Option<i64>>("absent_at")?.map(time).transpose()?,
            });
        }
        Ok(earlier)
    }

    /// The openings of which the API call is still looked for, by id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn awaited(&self) -> Result<Vec<Detection>, LedgerError> {
        let select = "SELECT id, opening, rule, severity, account, region, type, resource, denials, first_seen, \
                      coalesce(last_seen, (SELECT taken_at FROM scans ORDER BY scans.id DESC LIMIT 1)) AS last_seen, \
                      resolved_at, resolution, bound, delay, event, awaited FROM findings \
                      WHERE awaited IS NOT NULL ORDER BY id, opening";
        let rows = self.db.read().await?.all(sql(select)).await?;
        let awaited = |row: &Row| {
            let awaited = row.get::<Option<&str>>("awaited")?.map(|text| from_json("an API call", text)).transpose()?;
            Ok(Detection { finding: finding(row)?, awaited })
        };
        rows.iter().map(awaited).collect()
    }
}

/// Writes what became known.
pub(super) async fn write_detections(
    transaction: &mut Transaction<'_>,
    detections: &[Detection],
) -> Result<(), LedgerError> {
    for Detection { finding, awaited } in detections {
        let detected = finding.detected.as_ref();
        let event = detected.and_then(|detected| detected.event.as_ref());
        let event = event.map(|event| to_json("an API call", event)).transpose()?;
        let seconds = detected.map(|detected| i64::try_from(detected.delay_seconds).unwrap_or(i64::MAX));
        let update = "UPDATE findings SET bound = $1, delay = $2, event = $3, awaited = $4 \
                      WHERE id = $5 AND opening = $6";
        let update = sql(update)
            .bind(detected.map(|detected| DetectionBound::name(detected.bound)))
            .bind(seconds)
            .bind(event)
            .bind(awaited.as_ref().map(|awaited| to_json("an API call", awaited)).transpose()?)
            .bind(&finding.id)
            .bind(finding.reopened);
        transaction.execute(update).await?;
    }
    Ok(())
}
