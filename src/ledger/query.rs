//! Reading: scans, findings, changes, resources and their history.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::db::{Row, Transaction, Value as Bound, sql};
use super::row::{finding, from_json, key, scan, time};
use super::versions::state;
use super::window::standing;
use super::{FailedScan, LastScan, Ledger, LedgerError, Scan, ScanId};
use crate::model::{AccountId, Change, Finding, Region, ResourceId, ResourceKey, ResourceType, RuleId, Severity};
use crate::sli::{Counters, State};

/// Which findings; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct FindingFilter {
    /// Only open ones, or only resolved ones.
    pub open: Option<bool>,
    /// Of this severity or worse.
    pub severity: Option<Severity>,
    /// Of one rule.
    pub rule: Option<RuleId>,
    /// In one account.
    pub account: Option<AccountId>,
    /// Of one resource.
    pub resource: Option<ResourceId>,
    /// First seen or resolved at or after this moment.
    pub since: Option<Timestamp>,
    /// At most this many.
    pub limit: Option<u32>,
}

/// Which resources of the latest scan; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct ResourceFilter {
    /// In one account.
    pub account: Option<AccountId>,
    /// In one region.
    pub region: Option<Region>,
    /// Of one type.
    pub resource_type: Option<ResourceType>,
    /// One resource.
    pub id: Option<ResourceId>,
    /// In one state: `pass`, `fail`, `unknown` or `waived`.
    pub state: Option<String>,
    /// At most this many.
    pub limit: Option<u32>,
    /// Leaving out this many first.
    pub offset: u32,
}

/// A resource as the latest scan left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRecord {
    /// Which one.
    pub key: ResourceKey,
    /// The name people use.
    pub name: String,
    /// Its state; `None` when no rule judges it.
    pub state: Option<State>,
    /// When it was last seen, if it could not be listed since.
    pub stale_since: Option<Timestamp>,
    /// When it was first seen as it is.
    pub since: Timestamp,
}

/// One document that a resource had, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Content hash.
    pub hash: String,
    /// The document.
    pub document: Value,
    /// When it was first seen like that.
    pub from: Timestamp,
    /// When it was first seen otherwise, or gone.
    pub to: Option<Timestamp>,
}

/// A change, and the scan that saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// The scan.
    pub scan: ScanId,
    /// When its collection began: the change happened before.
    pub at: Timestamp,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}

macro_rules! latest_findings {
    ($which:literal) => {
        concat!(
            "SELECT * FROM (SELECT id, opening, rule, severity, account, region, type, resource, denials, first_seen, ",
            "coalesce(last_seen, (SELECT taken_at FROM scans ORDER BY scans.id DESC LIMIT 1)) AS last_seen, ",
            "resolved_at, resolution, bound, delay, event, ",
            "CASE severity WHEN 'critical' THEN 3 WHEN 'high' THEN 2 WHEN 'medium' THEN 1 ELSE 0 END AS rank ",
            "FROM findings ",
            $which,
            ") AS latest WHERE ($1 IS NULL OR (resolved_at IS NULL) = $1) AND ($2 IS NULL OR rank >= $2) ",
            "AND ($3 IS NULL OR rule = $3) AND ($4 IS NULL OR account = $4) AND ($5 IS NULL OR resource = $5) ",
            "AND ($6 IS NULL OR first_seen >= $6 OR resolved_at >= $6) ",
            "ORDER BY resolved_at IS NOT NULL, rank DESC, id LIMIT $7"
        )
    };
}

impl Ledger {
    /// The latest scan; `None` before the first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_scan(&self) -> Result<Option<LastScan>, LedgerError> {
        last_scan(&mut self.db.read().await?).await
    }

    /// The latest scans, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn scans(&self, limit: u32) -> Result<Vec<Scan>, LedgerError> {
        let select = sql("SELECT * FROM scans ORDER BY id DESC LIMIT $1").bind(limit);
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(scan).collect()
    }

    /// The latest scans that gave no verdict, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn failed_scans(&self, limit: u32) -> Result<Vec<FailedScan>, LedgerError> {
        let select =
            sql("SELECT started, finished, reason, message FROM failed_scans ORDER BY id DESC LIMIT $1").bind(limit);
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(failed_scan).collect()
    }

    /// The cumulative counters.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn counters(&self) -> Result<Counters, LedgerError> {
        counters(&mut self.db.read().await?).await
    }

    /// The latest opening of each finding; open ones first, worst first, then by id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn findings(&self, filter: &FindingFilter) -> Result<Vec<Finding>, LedgerError> {
        // An open one is the latest by itself, and an index finds it among many that are resolved.
        let select = match filter.open {
            Some(true) => sql(latest_findings!("WHERE resolved_at IS NULL")),
            _ => sql(latest_findings!(
                "JOIN (SELECT id AS known, max(opening) AS latest FROM findings GROUP BY id) AS newest \
                 ON known = id AND latest = opening"
            )),
        };
        let select = select
            .bind(filter.open)
            .bind(filter.severity.map(rank))
            .bind(filter.rule.as_ref().map(RuleId::as_str))
            .bind(filter.account.as_ref().map(AccountId::as_str))
            .bind(filter.resource.as_ref().map(ResourceId::as_str))
            .bind(filter.since.map(Timestamp::as_millisecond))
            .bind(limit(filter.limit));
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(finding).collect()
    }

    /// The ids of findings that begin with these hexadecimal digits, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn findings_named(&self, digits: &str) -> Result<Vec<String>, LedgerError> {
        // What begins with the digits lies between them and what follows the last digit there is.
        let select = sql("SELECT DISTINCT id FROM findings WHERE id >= $1 AND id < $2 ORDER BY id");
        let rows = self.db.read().await?.all(select.bind(digits).bind(format!("{digits}g"))).await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// All openings of one finding, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn openings(&self, finding_id: &str) -> Result<Vec<Finding>, LedgerError> {
        let select = sql("SELECT id, opening, rule, severity, account, region, type, resource, denials, first_seen,
                    coalesce(last_seen, (SELECT taken_at FROM scans ORDER BY scans.id DESC LIMIT 1)) AS last_seen,
                    resolved_at, resolution, bound, delay, event
             FROM findings WHERE id = $1 ORDER BY opening")
        .bind(finding_id);
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(finding).collect()
    }

    /// What changed in scans taken at or after `since`, newest scan first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn changes(&self, since: Timestamp, limit: u32) -> Result<Vec<ChangeRecord>, LedgerError> {
        let select = sql("SELECT scan, change, taken_at FROM changes JOIN scans ON scans.id = changes.scan \
             WHERE taken_at >= $1 ORDER BY scan DESC, position LIMIT $2")
        .bind(since.as_millisecond())
        .bind(limit);
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(change).collect()
    }

    /// The resources in scope of the latest scan, by account, region, type and id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn resources(&self, filter: &ResourceFilter) -> Result<Vec<ResourceRecord>, LedgerError> {
        let select = sql("SELECT account, region, type, resource, name, state, severity, stale_since, since
             FROM versions
             WHERE valid_to IS NULL AND in_scope
               AND ($1 IS NULL OR account = $1) AND ($2 IS NULL OR region = $2) AND ($3 IS NULL OR type = $3)
               AND ($4 IS NULL OR resource = $4) AND ($5 IS NULL OR state = $5)
             ORDER BY account, region, type, resource LIMIT $6 OFFSET $7")
        .bind(filter.account.as_ref().map(AccountId::as_str))
        .bind(filter.region.as_ref().map(Region::as_str))
        .bind(filter.resource_type.map(ResourceType::name))
        .bind(filter.id.as_ref().map(ResourceId::as_str))
        .bind(filter.state.as_deref())
        .bind(limit(filter.limit))
        .bind(filter.offset);
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(resource_record).collect()
    }

    /// Every document that resources with this ARN had, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn history(&self, resource: &ResourceId) -> Result<Vec<Version>, LedgerError> {
        let select = sql("SELECT hash, documents.document AS document, since AS begun, ended.taken_at AS ended
             FROM versions JOIN documents ON hash = versions.document LEFT JOIN scans AS ended ON ended.id = valid_to
             WHERE resource = $1 ORDER BY versions.id DESC")
        .bind(resource.as_str());
        let rows = self.db.read().await?.all(select).await?;
        rows.iter().map(version).collect()
    }
}

/// The latest scan with all that is kept of it.
pub(super) async fn last_scan(transaction: &mut Transaction<'_>) -> Result<Option<LastScan>, LedgerError> {
    let select = "SELECT scans.*, latest.assessment, latest.calls FROM latest JOIN scans ON scans.id = latest.scan";
    let Some(row) = transaction.first(sql(select)).await? else { return Ok(None) };
    Ok(Some(LastScan {
        scan: scan(&row)?,
        assessment: from_json("an assessment", row.get("assessment")?)?,
        calls: from_json("call counts", row.get("calls")?)?,
        standing: standing(&row)?,
        counters: counters(transaction).await?,
    }))
}

/// The counters; all zero before the first scan.
pub(super) async fn counters(transaction: &mut Transaction<'_>) -> Result<Counters, LedgerError> {
    let stored = transaction.first(sql("SELECT counters FROM counters")).await?;
    stored.map_or_else(|| Ok(Counters::default()), |row| from_json("counters", row.get("counters")?))
}

/// No limit is one that nothing reaches.
fn limit(limit: Option<u32>) -> Bound {
    limit.map_or(i64::MAX, i64::from).into()
}

const fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Critical => 3,
        Severity::High => 2,
        Severity::Medium => 1,
        Severity::Low => 0,
    }
}

fn failed_scan(row: &Row) -> Result<FailedScan, LedgerError> {
    Ok(FailedScan {
        started: time(row.get("started")?)?,
        finished: time(row.get("finished")?)?,
        reason: row.get("reason")?,
        message: row.get("message")?,
    })
}

pub(super) fn change(row: &Row) -> Result<ChangeRecord, LedgerError> {
    Ok(ChangeRecord {
        scan: row.get("scan")?,
        at: time(row.get("taken_at")?)?,
        change: from_json("a change", row.get("change")?)?,
    })
}

fn resource_record(row: &Row) -> Result<ResourceRecord, LedgerError> {
    Ok(ResourceRecord {
        key: key(row)?,
        name: row.get("name")?,
        state: state(row)?,
        stale_since: row.get::<Option<i64>>("stale_since")?.map(time).transpose()?,
        since: time(row.get("since")?)?,
    })
}

fn version(row: &Row) -> Result<Version, LedgerError> {
    Ok(Version {
        hash: row.get("hash")?,
        document: from_json("a document", row.get("document")?)?,
        from: time(row.get("begun")?)?,
        to: row.get::<Option<i64>>("ended")?.map(time).transpose()?,
    })
}
