//! What is special about a ledger in a file: how it is opened and told from other files, the lock
//! beside it, and what SQLite's codes mean.

use std::fs::{File, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::{Db, Inner, Transaction};
use crate::ledger::LedgerError;
use crate::model::LedgerPlace;

pub(in crate::ledger) static MIGRATIONS: Migrator = sqlx::migrate!("src/ledger/migrations/sqlite");

/// "Plim"; set by the first migration.
const APPLICATION_ID: i64 = 0x506c_696d;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const LOCK_POLL: Duration = Duration::from_millis(50);
const CONNECTIONS: u32 = 4;
/// Rows that are read ahead of who takes them: with few, the two threads wake each other all the time.
const ROW_BUFFER: usize = 4096;

/// Connects to a file whose schema is up to date.
pub(in crate::ledger) async fn open(place: &LedgerPlace, path: &Path) -> Result<Db, LedgerError> {
    // A full disk may end a transaction by itself. What undoes it afterwards then fails, and the driver
    // takes the connection to be inside it for good: such a one is not used again.
    let options = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }));
    let pool = options.connect_with(options_of(path)).await.map_err(|error| explain(place, error))?;
    Ok(Db::File { place: place.clone(), pool })
}

pub(super) async fn write(place: &LedgerPlace, pool: &SqlitePool) -> Result<Transaction<'static>, LedgerError> {
    let inner = pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| explain(place, error))?;
    Ok(Transaction { place: place.clone(), limit: None, inner: Inner::File(inner) })
}

fn options_of(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROW_BUFFER)
        .disable_statement_logging()
}

/// The schema of the file; 0 when it is empty or does not exist. Changes nothing, so that a
/// database of someone else stays as it is.
pub(in crate::ledger) async fn schema(place: &LedgerPlace, path: &Path) -> Result<i64, LedgerError> {
    if path.metadata().map_or(true, |metadata| metadata.len() == 0) {
        return Ok(0);
    }
    let plain = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
    let mut connection = plain.connect().await.map_err(|error| explain(place, error))?;
    let found = read_schema(&mut connection, place).await;
    connection.close().await.map_err(|error| explain(place, error))?;
    found
}

async fn read_schema(connection: &mut SqliteConnection, place: &LedgerPlace) -> Result<i64, LedgerError> {
    let explain = |error| explain(place, error);
    // By the table's name: its index has another one, and another process may have got so far.
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE tbl_name <> '_sqlx_migrations'")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    if tables == 0 {
        return Ok(0);
    }
    let application: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await.map_err(explain)?;
    if application != APPLICATION_ID {
        return Err(LedgerError::NotALedger { place: place.clone() });
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    Ok(found.unwrap_or(0))
}

/// Brings the schema up to date, while nobody records.
pub(in crate::ledger) async fn migrate(place: &LedgerPlace, path: &Path) -> Result<(), LedgerError> {
    let _lock = lock(place, path, "a change of the ledger's schema", BUSY_TIMEOUT).await?;
    let mut connection = options_of(path).connect().await.map_err(|error| explain(place, error))?;
    let outcome = MIGRATIONS.run(&mut connection).await;
    connection.close().await.map_err(|error| explain(place, error))?;
    outcome.map_err(|source| LedgerError::Migrate { place: place.clone(), source })
}

/// Locks the file beside the ledger. The operating system gives the lock back when the process
/// ends, however it ends; the text in the file only says who has it.
pub(in crate::ledger) async fn lock(
    place: &LedgerPlace,
    ledger: &Path,
    who: &str,
    patience: Duration,
) -> Result<File, LedgerError> {
    let path = lock_path(ledger);
    let fail = |source| LedgerError::Lock { path: path.clone(), source };
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if waited < patience => {
                if waited.is_zero() {
                    let holder = holder(&path).unwrap_or_default();
                    tracing::info!(ledger = %place, holder, "waiting for who records");
                }
                tokio::time::sleep(LOCK_POLL).await;
                waited += LOCK_POLL;
            }
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&path).map_err(fail)?;
                return Err(LedgerError::InUse { place: place.clone(), holder, waited });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
    }
    // Who has it is only told: on a full disk the lock is held all the same.
    let told = file.set_len(0).and_then(|()| file.rewind());
    let told = told.and_then(|()| write!(file, "{who}, process {}", std::process::id()));
    if let Err(error) = told {
        tracing::debug!(%error, "the lock does not say who has it");
    }
    Ok(file)
}

fn holder(path: &Path) -> std::io::Result<String> {
    let holder = std::fs::read_to_string(path)?;
    Ok(if holder.is_empty() { "another process".to_owned() } else { holder })
}

fn lock_path(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// The bytes of the file and of what is written beside it.
pub(super) async fn size(place: &LedgerPlace, pool: &SqlitePool) -> Result<u64, LedgerError> {
    let size: i64 = sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        .fetch_one(pool)
        .await
        .map_err(|error| explain(place, error))?;
    Ok(u64::try_from(size).unwrap_or_default())
}

pub(super) async fn compact(place: &LedgerPlace, pool: &SqlitePool) -> Result<(), LedgerError> {
    for statement in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
        sqlx::query(statement).execute(pool).await.map_err(|error| explain(place, error))?;
    }
    Ok(())
}

pub(super) async fn storage_faults(place: &LedgerPlace, pool: &SqlitePool) -> Result<Vec<String>, LedgerError> {
    let explain = |error| explain(place, error);
    let mut faults: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(pool).await.map_err(explain)?;
    faults.retain(|fault| fault != "ok");
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(pool).await.map_err(explain)?.len();
    if dangling > 0 {
        faults.push(format!("{dangling} references lead nowhere"));
    }
    Ok(faults)
}

/// An error of SQLite, told apart by its code. Source: <https://sqlite.org/rescode.html>.
pub(super) fn explain(place: &LedgerPlace, source: sqlx::Error) -> LedgerError {
    let place = place.clone();
    let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // The lowest byte is the kind, the others say more about it.
    let kind = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    match kind {
        Some(26) => LedgerError::NotALedger { place },
        Some(11) => LedgerError::Damaged { place, faults: vec![source.to_string()] },
        Some(13) => LedgerError::Full { place, source },
        Some(8) => LedgerError::ReadOnly { place, source },
        // A file size limit and a quota come as errors of input and output.
        Some(10) => LedgerError::Storage { place, source },
        Some(5 | 6) => LedgerError::Busy { place, source },
        Some(14) => LedgerError::Open { place, source },
        _ => LedgerError::Query { place, source },
    }
}
