//! Why the indicator moved: what a scan is compared with, the steps that were kept, and what changed
//! at single resources.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::query::change;
use super::row::{finding, from_json, key, time};
use super::versions::state;
use super::{ChangeRecord, Ledger, LedgerError, ScanId};
use crate::explain::{Cause, Count, Step};
use crate::model::{Finding, ResourceId, ResourceKey};
use crate::sli::{Assessment, State};

/// A resource as the latest scan left it: what the next one is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Which one.
    pub key: ResourceKey,
    /// Content hash of its document.
    pub document: String,
    /// Whether it could not be listed.
    pub stale: bool,
    /// Its state; `None` when no rule judges it.
    pub state: Option<State>,
}

/// A scan, and how the indicator came to where it left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedStep {
    /// The scan.
    pub scan: ScanId,
    /// When its collection began.
    pub taken_at: Timestamp,
    /// The way from the scan before; `None` for the first, and for those of older editions.
    pub step: Option<Step>,
    /// Failing and valid resources after it.
    pub count: Count,
}

const OPENINGS: &str = "SELECT id, opening, rule, severity, account, region, type, resource, denials, first_seen, \
     coalesce(last_seen, (SELECT taken_at FROM scans ORDER BY scans.id DESC LIMIT 1)) AS last_seen, \
     resolved_at, resolution, cause FROM findings WHERE";

/// A finding, and why it opened, where that was kept.
pub type OpenedFinding = (Option<Cause>, Finding);

impl Ledger {
    /// The resources in scope of the latest scan, in no order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn remembered(&self) -> Result<Vec<Remembered>, LedgerError> {
        let rows = sqlx::query(
            "SELECT account, region, type, resource, document, state, severity, stale_since IS NOT NULL AS stale \
             FROM versions WHERE valid_to IS NULL AND in_scope",
        )
        .fetch_all(&self.pool)
        .await?;
        let remembered = |row: &SqliteRow| {
            Ok(Remembered {
                key: key(row)?,
                document: row.try_get("document")?,
                stale: row.try_get("stale")?,
                state: state(row)?,
            })
        };
        rows.iter().map(remembered).collect()
    }

    /// The scans from one to the other, both included, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn steps(&self, from: ScanId, to: ScanId) -> Result<Vec<RecordedStep>, LedgerError> {
        let rows = sqlx::query("SELECT id, taken_at, step, assessment FROM scans WHERE id BETWEEN ? AND ? ORDER BY id")
            .bind(from)
            .bind(to)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(recorded_step).collect()
    }

    /// The number of the last scan whose collection had begun at a moment; `None` when there is none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn scan_until(&self, moment: Timestamp) -> Result<Option<ScanId>, LedgerError> {
        let scan = sqlx::query_scalar("SELECT id FROM scans WHERE taken_at <= ? ORDER BY id DESC LIMIT 1")
            .bind(moment.as_millisecond());
        Ok(scan.fetch_optional(&self.pool).await?)
    }

    /// The openings that began after one moment and until another, by first sight.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn opened(&self, after: Timestamp, until: Timestamp) -> Result<Vec<OpenedFinding>, LedgerError> {
        let rows =
            self.openings_where("first_seen > ? AND first_seen <= ? ORDER BY first_seen, id", after, until).await?;
        rows.iter().map(opened_finding).collect()
    }

    /// The openings that ended after one moment and until another, by their end.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn resolved(&self, after: Timestamp, until: Timestamp) -> Result<Vec<Finding>, LedgerError> {
        let rows =
            self.openings_where("resolved_at > ? AND resolved_at <= ? ORDER BY resolved_at, id", after, until).await?;
        rows.iter().map(finding).collect()
    }

    /// All openings of one finding with their causes, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn life(&self, finding_id: &str) -> Result<Vec<OpenedFinding>, LedgerError> {
        let text = format!("{OPENINGS} id = ? ORDER BY opening");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(finding_id).fetch_all(&self.pool).await?;
        rows.iter().map(opened_finding).collect()
    }

    /// Every change at resources with this ARN, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn changes_of(&self, resource: &ResourceId) -> Result<Vec<ChangeRecord>, LedgerError> {
        let rows = sqlx::query(
            "SELECT scan, change, taken_at FROM changes JOIN scans ON scans.id = changes.scan \
             WHERE resource = ? ORDER BY scan DESC, position",
        )
        .bind(resource.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(change).collect()
    }

    async fn openings_where(
        &self,
        condition: &str,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<SqliteRow>, LedgerError> {
        let text = format!("{OPENINGS} {condition}");
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(after.as_millisecond()).bind(until.as_millisecond());
        Ok(query.fetch_all(&self.pool).await?)
    }
}

fn recorded_step(row: &SqliteRow) -> Result<RecordedStep, LedgerError> {
    let assessment: Assessment = from_json("an assessment", row.try_get("assessment")?)?;
    let states = assessment.overall.resources;
    Ok(RecordedStep {
        scan: row.try_get("id")?,
        taken_at: time(row.try_get("taken_at")?)?,
        step: row.try_get::<Option<&str>, _>("step")?.map(|step| from_json("a step", step)).transpose()?,
        count: Count { fail: states.fail.total(), valid: states.valid() },
    })
}

fn opened_finding(row: &SqliteRow) -> Result<OpenedFinding, LedgerError> {
    let cause = match row.try_get::<Option<&str>, _>("cause")? {
        Some(word) => Cause::ALL.iter().copied().find(|cause| cause.name() == word),
        None => None,
    };
    Ok((cause, finding(row)?))
}
