//! Forgetting: what nothing newer than a limit needs is removed.
//!
//! Kept are the last scan at or before the limit, from which a window that begins at the limit is
//! computed, and everything since; every open finding, every version that was the latest then, and
//! their documents. What is known about a window within the limit is the same before and after.

use jiff::Timestamp;
use serde::Serialize;

use super::db::{Transaction, sql};
use super::{Ledger, LedgerError, ScanId, Writer};

/// How much pruning removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Scans with a verdict.
    pub scans: u64,
    /// Scans without.
    pub failed_scans: u64,
    /// Versions of resources that had ended.
    pub versions: u64,
    /// Documents that no version refers to any more.
    pub documents: u64,
    /// Openings of findings that were resolved.
    pub findings: u64,
    /// Changes.
    pub changes: u64,
    /// Points of objectives.
    pub slo_points: u64,
    /// Transitions of the budget policy, with who was told.
    pub transitions: u64,
    /// Answers of the gate.
    pub decisions: u64,
    /// Overrides that had ended, and reviews.
    pub overrides_and_reviews: u64,
}

impl Ledger {
    /// Removes what nothing at or after `limit` needs. The latest scan and open findings always stay.
    /// The writer says that nobody records meanwhile.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it is as it was before.
    pub async fn prune(&self, _writer: &Writer, limit: Timestamp) -> Result<Pruned, LedgerError> {
        let mut transaction = self.db.maintain().await?;
        let pruned = prune(&mut transaction, limit).await?;
        transaction.commit().await?;
        Ok(pruned)
    }

    /// Gives the space of what was removed back, as far as the database can: a file becomes smaller,
    /// and a server uses the space for what is written next.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn compact(&self) -> Result<(), LedgerError> {
        self.db.compact().await
    }
}

async fn prune(transaction: &mut Transaction<'_>, limit: Timestamp) -> Result<Pruned, LedgerError> {
    let milliseconds = limit.as_millisecond();
    let mut pruned = Pruned::default();
    let failed = "DELETE FROM failed_scans WHERE finished < $1";
    pruned.failed_scans = transaction.execute(sql(failed).bind(milliseconds)).await?;
    let points = "DELETE FROM slo_points WHERE at < (SELECT max(other.at) FROM slo_points AS other \
                  WHERE other.slo = slo_points.slo AND other.at <= $1)";
    pruned.slo_points = transaction.execute(sql(points).bind(milliseconds)).await?;
    let told = "DELETE FROM notifications WHERE transition IN (SELECT id FROM policy_transitions WHERE at < $1)";
    transaction.execute(sql(told).bind(milliseconds)).await?;
    let transitions = "DELETE FROM policy_transitions WHERE at < $1";
    pruned.transitions = transaction.execute(sql(transitions).bind(milliseconds)).await?;
    pruned.decisions = transaction.execute(sql("DELETE FROM decisions WHERE at < $1").bind(milliseconds)).await?;
    let overrides = transaction.execute(sql("DELETE FROM overrides WHERE ends_at < $1").bind(milliseconds)).await?;
    let reviews = transaction.execute(sql("DELETE FROM reviews WHERE at < $1").bind(milliseconds)).await?;
    pruned.overrides_and_reviews = overrides + reviews;
    let findings = "DELETE FROM findings WHERE resolved_at < $1";
    pruned.findings = transaction.execute(sql(findings).bind(milliseconds)).await?;
    let Some(first) = first_kept(transaction, milliseconds).await? else { return Ok(pruned) };

    let changes = "DELETE FROM changes WHERE scan < $1";
    pruned.changes = transaction.execute(sql(changes).bind(first)).await?;
    // A version that had ended when the first kept scan was taken is of no use to anybody.
    let versions = "DELETE FROM versions WHERE valid_to <= $1";
    pruned.versions = transaction.execute(sql(versions).bind(first)).await?;
    let documents = "DELETE FROM documents WHERE \
                     NOT EXISTS (SELECT 1 FROM versions WHERE versions.document = documents.hash) \
                     AND hash NOT IN (SELECT last_known FROM versions WHERE last_known IS NOT NULL)";
    pruned.documents = transaction.execute(sql(documents)).await?;
    // When they began they keep in `since`.
    let begun = "UPDATE versions SET valid_from = $1 WHERE valid_from < $1";
    transaction.execute(sql(begun).bind(first)).await?;
    pruned.scans = transaction.execute(sql("DELETE FROM scans WHERE id < $1").bind(first)).await?;
    Ok(pruned)
}

/// The last scan that holds at the limit, or the first of all.
async fn first_kept(transaction: &mut Transaction<'_>, limit: i64) -> Result<Option<ScanId>, LedgerError> {
    let select = "SELECT id FROM scans WHERE at <= $1 ORDER BY at DESC, id DESC LIMIT 1";
    let row = transaction.first(sql(select).bind(limit)).await?;
    row.map(|row| row.get("id")).transpose()
}
