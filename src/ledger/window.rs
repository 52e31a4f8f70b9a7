//! Time in each state over a window.
//!
//! Each scan keeps the integrals up to its end, so a window is the difference of two readings:
//! the numbers that Prometheus gets from the published counter over the same window.

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, Transaction, sql};
use super::row::time;
use super::slices::{Slices, read_findings, read_integrals};
use super::{Ledger, LedgerError};
use crate::sli::{Integrals, Standing};

impl Ledger {
    /// Milliseconds that resources spent in each state, and findings open, between two moments.
    ///
    /// Before the first scan there is no time. After the last scan its states count until the
    /// hold ends, then as unknown. `from` after `to` gives no time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn window(&self, from: Timestamp, to: Timestamp) -> Result<Integrals, LedgerError> {
        let mut transaction = self.db.read().await?;
        let end = integrals_at(&mut transaction, to).await?;
        let begin = integrals_at(&mut transaction, from).await?;
        Ok(end.since(&begin))
    }
}

/// The integrals at a moment: those of the scan before it, and what its states add since. Before the
/// first scan, those of the first: none, unless older ones were pruned.
async fn integrals_at(transaction: &mut Transaction<'_>, moment: Timestamp) -> Result<Integrals, LedgerError> {
    let before =
        sql("SELECT at, hold, slices, open, integrals FROM scans WHERE at <= $1 ORDER BY at DESC, id DESC LIMIT 1");
    if let Some(row) = transaction.first(before.bind(moment.as_millisecond())).await? {
        return Ok(integrals(&row)?.at(&standing(&row)?, moment));
    }
    let first = transaction.first(sql("SELECT integrals FROM scans ORDER BY at, id LIMIT 1")).await?;
    first.map_or_else(|| Ok(Integrals::default()), |row| integrals(&row))
}

/// The columns `at, hold, slices, open`.
pub(super) fn standing(row: &Row) -> Result<Standing, LedgerError> {
    let slices = Slices::read(row.get("slices")?)?;
    Ok(Standing {
        at: time(row.get("at")?)?,
        hold: SignedDuration::from_millis(row.get("hold")?),
        resources: slices.services.iter().map(|(service, slice)| (*service, slice.resources)).collect(),
        findings: read_findings(row.get("open")?)?,
    })
}

/// The column `integrals`.
pub(super) fn integrals(row: &Row) -> Result<Integrals, LedgerError> {
    read_integrals(row.get("integrals")?)
}
