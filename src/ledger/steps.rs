//! Why the indicator moved: the steps that were kept, and what changed at single resources.

use jiff::Timestamp;

use super::db::{Row, sql};
use super::query::change;
use super::row::{finding, from_json, time};
use super::slices::Slices;
use super::{ChangeRecord, Ledger, LedgerError, ScanId};
use crate::explain::{Cause, Count, Step};
use crate::model::{Finding, ResourceId};

/// A scan, and how the indicator came to where it left it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedStep {
    /// The scan.
    pub scan: ScanId,
    /// When its collection began.
    pub taken_at: Timestamp,
    /// The way from the scan before; `None` for the first, and for those of older editions.
    pub step: Option<Step>,
    /// Failing and valid resources after it.
    pub count: Count,
    /// Share of what was expected that was known after it, 0 to 1; `None` when nothing was expected.
    pub coverage: Option<f64>,
}

macro_rules! openings {
    ($condition:literal) => {
        concat!(
            "SELECT id, opening, rule, severity, account, region, type, resource, denials, first_seen, ",
            "coalesce(last_seen, (SELECT taken_at FROM scans ORDER BY scans.id DESC LIMIT 1)) AS last_seen, ",
            "resolved_at, resolution, bound, delay, event, cause FROM findings WHERE ",
            $condition
        )
    };
}

/// A finding, and why it opened, where that was kept.
pub type OpenedFinding = (Option<Cause>, Finding);

impl Ledger {
    /// The scans from one to the other, both included, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn steps(&self, from: ScanId, to: ScanId) -> Result<Vec<RecordedStep>, LedgerError> {
        let select = "SELECT id, taken_at, step, slices FROM scans WHERE id BETWEEN $1 AND $2 ORDER BY id";
        let rows = self.db.read().await?.all(sql(select).bind(from).bind(to)).await?;
        rows.iter().map(recorded_step).collect()
    }

    /// The number of the last scan whose collection had begun at a moment; `None` when there is none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn scan_until(&self, moment: Timestamp) -> Result<Option<ScanId>, LedgerError> {
        let select = sql("SELECT id FROM scans WHERE taken_at <= $1 ORDER BY id DESC LIMIT 1");
        let row = self.db.read().await?.first(select.bind(moment.as_millisecond())).await?;
        row.map(|row| row.get("id")).transpose()
    }

    /// The openings that began after one moment and until another, by first sight.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn opened(&self, after: Timestamp, until: Timestamp) -> Result<Vec<OpenedFinding>, LedgerError> {
        let select = sql(openings!("first_seen > $1 AND first_seen <= $2 ORDER BY first_seen, id"));
        let select = select.bind(after.as_millisecond()).bind(until.as_millisecond());
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(opened_finding).collect()
    }

    /// The openings that ended after one moment and until another, by their end.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn resolved(&self, after: Timestamp, until: Timestamp) -> Result<Vec<Finding>, LedgerError> {
        let select = sql(openings!("resolved_at > $1 AND resolved_at <= $2 ORDER BY resolved_at, id"));
        let select = select.bind(after.as_millisecond()).bind(until.as_millisecond());
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(finding).collect()
    }

    /// The openings that were open at some time after one moment and until another, by first sight.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn open_between(&self, after: Timestamp, until: Timestamp) -> Result<Vec<OpenedFinding>, LedgerError> {
        let select =
            sql(openings!("first_seen <= $2 AND (resolved_at IS NULL OR resolved_at > $1) ORDER BY first_seen, id"));
        let select = select.bind(after.as_millisecond()).bind(until.as_millisecond());
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(opened_finding).collect()
    }

    /// What scans saw change that began to read after one moment and until another, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn changes_between(&self, after: Timestamp, until: Timestamp) -> Result<Vec<ChangeRecord>, LedgerError> {
        let select = "SELECT scan, change, taken_at FROM changes JOIN scans ON scans.id = changes.scan \
                      WHERE taken_at > $1 AND taken_at <= $2 ORDER BY scan, position";
        let select = sql(select).bind(after.as_millisecond()).bind(until.as_millisecond());
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(change).collect()
    }

    /// All openings of one finding with their causes, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn life(&self, finding_id: &str) -> Result<Vec<OpenedFinding>, LedgerError> {
        let select = sql(openings!("id = $1 ORDER BY opening")).bind(finding_id);
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(opened_finding).collect()
    }

    /// Every change at resources with this ARN, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn changes_of(&self, resource: &ResourceId) -> Result<Vec<ChangeRecord>, LedgerError> {
        let select = "SELECT scan, change, taken_at FROM changes JOIN scans ON scans.id = changes.scan \
                      WHERE resource = $1 ORDER BY scan DESC, position";
        let rows = self.db.read().await?.all(sql(select).bind(resource.as_str())).await?;
        rows.iter().map(change).collect()
    }
}

fn recorded_step(row: &Row) -> Result<RecordedStep, LedgerError> {
    let overall = Slices::read(row.get("slices")?)?.overall;
    let states = overall.resources;
    Ok(RecordedStep {
        scan: row.get("id")?,
        taken_at: time(row.get("taken_at")?)?,
        step: row.get::<Option<&str>>("step")?.map(|step| from_json("a step", step)).transpose()?,
        count: Count { fail: states.fail.total(), valid: states.valid() },
        coverage: overall.ratios().coverage,
    })
}

fn opened_finding(row: &Row) -> Result<OpenedFinding, LedgerError> {
    let cause = match row.get::<Option<&str>>("cause")? {
        Some(word) => Cause::ALL.iter().copied().find(|cause| cause.name() == word),
        None => None,
    };
    Ok((cause, finding(row)?))
}
