//! What prevents the ledger from being read or written: to which ledger, why, and what to do.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::LedgerPlace;

/// What prevents the ledger from being read or written. None of them holds a password.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or created.
    #[error(
        "cannot open the ledger {place}\nhelp: it must be a file, in a directory that exists and is writable for this user"
    )]
    Open {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// The address is not one.
    #[error(
        "the address of the ledger, {place}, cannot be understood\nhelp: write it like postgres://user@host:5432/database?sslmode=verify-full"
    )]
    Address {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// The server cannot be reached, or does not let us in, or is gone in the middle.
    #[error(
        "cannot reach the ledger {place}\nhelp: is the server running, and do address, user and password (PGPASSWORD, ~/.pgpass) fit?"
    )]
    Unreachable {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// The lock beside the file cannot be created.
    #[error("cannot lock the ledger {}\nhelp: its directory must be writable for this user", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file or database is something else.
    #[error("{place} is not a ledger\nhelp: name another file or database, or one that does not exist or is empty")]
    NotALedger {
        /// What was named.
        place: LedgerPlace,
    },
    /// It is damaged.
    #[error(
        "the ledger {place} is damaged: {}\nhelp: put back a copy, or begin a new ledger in another place",
        faults.join("; ")
    )]
    Damaged {
        /// The ledger.
        place: LedgerPlace,
        /// What is wrong with it.
        faults: Vec<String>,
    },
    /// A newer program wrote it.
    #[error(
        "the ledger {place} has schema {found}, and this program knows schemas up to {known}\n\
         help: use the version of plimsoll that wrote it, or a newer one"
    )]
    Newer {
        /// The ledger.
        place: LedgerPlace,
        /// The schema it has.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// Someone else is writing.
    #[error(
        "the ledger {place} has been in use by {holder} for the {} s that we waited\n\
         help: wait until that scan ends, or end that process",
        waited.as_secs()
    )]
    InUse {
        /// The ledger.
        place: LedgerPlace,
        /// Who, in their own words.
        holder: String,
        /// How long we waited.
        waited: Duration,
    },
    /// Another scan was recorded after the one that this was compared with: the right to record was lost
    /// with its connection, or the comparison was made without it.
    #[error(
        "another scan, begun at {begun}, was recorded into the ledger {place} meanwhile; this one was not recorded\n\
         help: scan again"
    )]
    Overtaken {
        /// The ledger.
        place: LedgerPlace,
        /// When the other scan began.
        begun: Timestamp,
    },
    /// There is no space left.
    #[error(
        "there is no space left for the ledger {place}; nothing of this was recorded, and the latest scan is the one before\nhelp: make room, or run plimsoll ledger prune --keep 90d"
    )]
    Full {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// It can be read only.
    #[error(
        "the ledger {place} can only be read by this user\nhelp: the file and its directory must be writable, or the database's role be allowed to write"
    )]
    ReadOnly {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// The storage fails.
    #[error(
        "cannot read or write the storage of the ledger {place}; nothing of this was recorded\nhelp: look at the disk, its quota and the limits of this process (ulimit -f)"
    )]
    Storage {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// Others keep it busy.
    #[error(
        "the ledger {place} is kept busy by others\nhelp: try again; if it lasts, look for a process that holds it open"
    )]
    Busy {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the ledger {place} up to date; it is as it was")]
    Migrate {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// A query failed.
    #[error("cannot read or write the ledger {place}")]
    Query {
        /// The ledger.
        place: LedgerPlace,
        /// Why.
        source: sqlx::Error,
    },
    /// What is exported cannot be written.
    #[error("cannot write what the ledger holds")]
    Export(#[from] std::io::Error),
    /// A row is not as it should be.
    #[error("the ledger holds a row that this program cannot read")]
    StoredRow(#[from] sqlx::Error),
    /// A stored value does not have its form.
    #[error("the ledger holds {what} that this program cannot read")]
    Stored {
        /// What kind of value.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A stored amount is less than nothing.
    #[error("the ledger holds {value} in {column}, which is an amount")]
    StoredAmount {
        /// The column.
        column: String,
        /// What it holds.
        value: i64,
    },
    /// A stored identifier does not have its form.
    #[error("the ledger holds an identifier that this program cannot read")]
    StoredId(#[from] crate::model::InvalidId),
    /// A stored time is outside what a timestamp can hold.
    #[error("the ledger holds a time that this program cannot read")]
    StoredTime(#[from] jiff::Error),
}
