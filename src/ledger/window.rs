//! Time in each state over a window.
//!
//! Each scan keeps the integrals up to its end, so a window is the difference of two readings:
//! the numbers that Prometheus gets from the published counter over the same window.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::row::from_json;
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
        let mut transaction = self.pool.begin().await?;
        let end = integrals_at(&mut transaction, to).await?;
        let begin = integrals_at(&mut transaction, from).await?;
        Ok(end.since(&begin))
    }
}

/// The integrals at a moment: those of the scan before it, and what its states add since.
async fn integrals_at(connection: &mut SqliteConnection, moment: Timestamp) -> Result<Integrals, LedgerError> {
    let row = sqlx::query("SELECT standing, integrals FROM scans WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1")
        .bind(moment.as_millisecond())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(Integrals::default()) };
    Ok(integrals(&row)?.at(&standing(&row)?, moment))
}

/// The column `standing`.
pub(super) fn standing(row: &SqliteRow) -> Result<Standing, LedgerError> {
    from_json("a standing", row.try_get("standing")?)
}

/// The column `integrals`.
pub(super) fn integrals(row: &SqliteRow) -> Result<Integrals, LedgerError> {
    from_json("time integrals", row.try_get("integrals")?)
}
