//! The right to record: one per ledger at a time, over all processes and machines.

use std::fs::File;
use std::time::Duration;

use tokio::sync::Mutex;

use super::db::postgres::Locked;
use super::db::{sql, sqlite};
use super::row::time;
use super::{FailedScan, LastScan, Ledger, LedgerError, ScanId, ScanRecord, record};
use crate::model::{LedgerPlace, PostgresUrl};
use crate::sli::Counters;

/// The right to record scans.
///
/// Taken before the previous snapshot is read and held until the scan is recorded, so that no
/// other scan comes between. Ends when dropped, or with the process.
#[derive(Debug)]
pub struct Writer {
    right: Right,
}

#[derive(Debug)]
enum Right {
    /// The lock beside the file.
    File { ledger: Ledger, _lock: File },
    /// The lock of the connection that records.
    Connection(Mutex<Held>),
}

/// A right that may be lost with its connection, and found again.
#[derive(Debug)]
struct Held {
    place: LedgerPlace,
    url: PostgresUrl,
    who: String,
    locked: Locked,
    /// The latest scan when the right was taken, or that was recorded by it.
    latest: Option<ScanId>,
}

/// How long a lost right is waited for: the server may take a moment to see that we were gone.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often recording is tried over lost connections.
const ATTEMPTS: u32 = 3;

impl Ledger {
    /// Takes the right to record, waiting at most `patience` for whoever has it. `who` is what
    /// others are told meanwhile: `plimsoll serve`.
    ///
    /// # Errors
    /// When someone else has it still, with their name; or when the lock cannot be taken.
    pub async fn writer(&self, who: &str, patience: Duration) -> Result<Writer, LedgerError> {
        let right = match self.place() {
            place @ LedgerPlace::File(path) => {
                Right::File { ledger: self.clone(), _lock: sqlite::lock(place, path, who, patience).await? }
            }
            place @ LedgerPlace::Postgres(url) => {
                let mut locked = Locked::take(place, url, who, patience).await?;
                let latest = latest(&mut locked).await?.map(|latest| latest.id);
                let (place, url, who) = (place.clone(), url.clone(), who.to_owned());
                Right::Connection(Mutex::new(Held { place, url, who, locked, latest }))
            }
        };
        Ok(Writer { right })
    }
}

impl Writer {
    /// Records a scan, and gives it back as the latest one with the counters after it.
    ///
    /// # Errors
    /// When the ledger cannot be written; then it is as it was before.
    pub async fn record(&self, record: &ScanRecord<'_>) -> Result<LastScan, LedgerError> {
        match &self.right {
            Right::File { ledger, .. } => {
                let mut transaction = ledger.db.maintain().await?;
                let last = record::write(&mut transaction, record).await?;
                transaction.commit().await?;
                Ok(last)
            }
            Right::Connection(held) => held.lock().await.record(record).await,
        }
    }

    /// Records that a scan gave no verdict. The latest scan stays the latest, and its states go
    /// on holding as long as they do.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn record_failure(&self, failed: &FailedScan) -> Result<Counters, LedgerError> {
        match &self.right {
            Right::File { ledger, .. } => {
                let mut transaction = ledger.db.maintain().await?;
                let counters = record::write_failure(&mut transaction, failed).await?;
                transaction.commit().await?;
                Ok(counters)
            }
            Right::Connection(held) => held.lock().await.record_failure(failed).await,
        }
    }

    /// Ends the right, and waits until others can have it.
    pub async fn release(self) {
        if let Right::Connection(held) = self.right {
            held.into_inner().locked.release().await;
        }
    }
}

impl Held {
    async fn record(&mut self, record: &ScanRecord<'_>) -> Result<LastScan, LedgerError> {
        let mut attempt = 1;
        loop {
            let error = match self.try_record(record).await {
                Ok(last) => {
                    self.latest = Some(last.scan.id);
                    return Ok(last);
                }
                Err(error) => error,
            };
            if !matches!(error, LedgerError::Unreachable { .. }) || attempt == ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
            if let Some(last) = self.regain(record).await? {
                self.latest = Some(last.scan.id);
                return Ok(last);
            }
        }
    }

    async fn try_record(&mut self, record: &ScanRecord<'_>) -> Result<LastScan, LedgerError> {
        let mut transaction = self.locked.write().await?;
        let last = record::write(&mut transaction, record).await?;
        transaction.commit().await?;
        Ok(last)
    }

    /// Takes the right again. Gives the scan when it turns out to be recorded: the connection was
    /// lost between the commit and its acknowledgement.
    async fn regain(&mut self, record: &ScanRecord<'_>) -> Result<Option<LastScan>, LedgerError> {
        tracing::warn!(ledger = %self.place, "the connection to the ledger was lost; taking the right to record again");
        self.locked.take_again(&self.url, &self.who, PATIENCE).await?;
        match latest(&mut self.locked).await? {
            latest if latest.as_ref().map(|latest| latest.id) == self.latest => Ok(None),
            Some(latest) if latest.is(record) && latest.id == self.latest.unwrap_or(0) + 1 => {
                super::query::last_scan(&mut self.locked.write().await?).await
            }
            other => {
                let begun = other.map_or(record.started, |other| other.started);
                Err(LedgerError::Overtaken { place: self.place.clone(), begun })
            }
        }
    }

    /// A failure does not lean on the scan before it, so that one in between does not matter.
    async fn record_failure(&mut self, failed: &FailedScan) -> Result<Counters, LedgerError> {
        let lost = match self.try_record_failure(failed).await {
            Err(LedgerError::Unreachable { .. }) => true,
            done => return done,
        };
        if lost {
            self.locked.take_again(&self.url, &self.who, PATIENCE).await?;
            let mut transaction = self.locked.write().await?;
            if record::is_recorded(&mut transaction, failed).await? {
                return super::query::counters(&mut transaction).await;
            }
        }
        self.try_record_failure(failed).await
    }

    async fn try_record_failure(&mut self, failed: &FailedScan) -> Result<Counters, LedgerError> {
        let mut transaction = self.locked.write().await?;
        let counters = record::write_failure(&mut transaction, failed).await?;
        transaction.commit().await?;
        Ok(counters)
    }
}

/// What tells the latest scan from others.
struct Latest {
    id: ScanId,
    started: jiff::Timestamp,
    finished: jiff::Timestamp,
    taken_at: jiff::Timestamp,
}

impl Latest {
    fn is(&self, record: &ScanRecord<'_>) -> bool {
        (self.started, self.finished, self.taken_at) == (record.started, record.finished, record.snapshot.taken_at)
    }
}

async fn latest(locked: &mut Locked) -> Result<Option<Latest>, LedgerError> {
    let latest = sql("SELECT id, started, finished, taken_at FROM scans ORDER BY id DESC LIMIT 1");
    let mut transaction = locked.write().await?;
    let row = transaction.first(latest).await?;
    // A transaction that is only dropped stays open on the server until the connection is used again,
    // and a scan takes longer than the server lets it.
    transaction.commit().await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Latest {
        id: row.get("id")?,
        started: time(row.get("started")?)?,
        finished: time(row.get("finished")?)?,
        taken_at: time(row.get("taken_at")?)?,
    }))
}
