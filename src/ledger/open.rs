//! Opening the file, bringing its schema up to date, and the right to write to it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::{Ledger, LedgerError};

static MIGRATIONS: Migrator = sqlx::migrate!("src/ledger/migrations");

/// "Plim"; set by the first migration.
const APPLICATION_ID: i64 = 0x506c_696d;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const LOCK_POLL: Duration = Duration::from_millis(50);
const CONNECTIONS: u32 = 4;

/// The right to record scans: one per file at a time, over all processes.
///
/// Taken before the previous snapshot is read and held until the scan is recorded, so that no
/// other scan comes between. Ends when dropped, or with the process.
#[derive(Debug)]
pub struct Writer {
    pub(super) ledger: Ledger,
    _lock: File,
}

impl Ledger {
    /// Opens the ledger, or begins a new one when there is no file.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a ledger, is damaged, was written by a newer
    /// program, or needs a newer schema while someone else is writing.
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
        if schema(path).await? < newest_schema() {
            migrate(path).await?;
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options(path))
            .await
            .map_err(|error| explain(path, error))?;
        Ok(Self { pool, path: path.to_owned() })
    }

    /// Takes the right to record, waiting at most `patience` for whoever has it. `who` is what
    /// others are told meanwhile: `plimsoll serve`.
    ///
    /// # Errors
    /// When someone else has it still, with their name; or when the lock file beside the ledger
    /// cannot be written.
    pub async fn writer(&self, who: &str, patience: Duration) -> Result<Writer, LedgerError> {
        Ok(Writer { ledger: self.clone(), _lock: lock(&self.path, who, patience).await? })
    }

    /// Closes the file in an orderly way.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Reads the whole file and looks for damage.
    ///
    /// # Errors
    /// When there is damage, or the file cannot be read.
    pub async fn check(&self) -> Result<(), LedgerError> {
        let faults: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&self.pool).await?;
        let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&self.pool).await?.len();
        let message = match (faults.as_slice(), dangling) {
            ([ok], 0) if ok == "ok" => return Ok(()),
            ([ok], dangling) if ok == "ok" => format!("{dangling} references lead nowhere"),
            (faults, _) => faults.join("; "),
        };
        Err(LedgerError::Damaged { path: self.path.clone(), message })
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The schema of the file; 0 when it is empty or does not exist. Changes nothing, so that a
/// database of someone else stays as it is.
async fn schema(path: &Path) -> Result<i64, LedgerError> {
    if path.metadata().map_or(true, |metadata| metadata.len() == 0) {
        return Ok(0);
    }
    let plain = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
    let mut connection = plain.connect().await.map_err(|error| explain(path, error))?;
    let found = read_schema(&mut connection, path).await;
    connection.close().await.map_err(|error| explain(path, error))?;
    found
}

async fn read_schema(connection: &mut SqliteConnection, path: &Path) -> Result<i64, LedgerError> {
    let explain = |error| explain(path, error);
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
        return Err(LedgerError::NotALedger { path: path.to_owned() });
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *connection)
        .await
        .map_err(explain)?;
    let (found, known) = (found.unwrap_or(0), newest_schema());
    if found > known {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

async fn migrate(path: &Path) -> Result<(), LedgerError> {
    let _lock = lock(path, "a change of the ledger's schema", BUSY_TIMEOUT).await?;
    let mut connection = options(path).connect().await.map_err(|error| explain(path, error))?;
    let outcome = MIGRATIONS.run(&mut connection).await;
    connection.close().await.map_err(|error| explain(path, error))?;
    outcome.map_err(|source| LedgerError::Migrate { path: path.to_owned(), source })
}

/// Locks the file beside the ledger. The operating system gives the lock back when the process
/// ends, however it ends; the text in the file only says who has it.
async fn lock(ledger: &Path, who: &str, patience: Duration) -> Result<File, LedgerError> {
    let path = lock_path(ledger);
    let fail = |source| LedgerError::Lock { path: path.clone(), source };
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if waited < patience => {
                tokio::time::sleep(LOCK_POLL).await;
                waited += LOCK_POLL;
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(fail)?;
                if holder.is_empty() {
                    "another process".clone_into(&mut holder);
                }
                return Err(LedgerError::InUse { path: ledger.to_owned(), holder, waited });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
    }
    file.set_len(0).map_err(fail)?;
    file.rewind().map_err(fail)?;
    write!(file, "{who}, process {}", std::process::id()).map_err(fail)?;
    Ok(file)
}

fn lock_path(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// An error of opening, told apart by SQLite's code.
fn explain(path: &Path, error: sqlx::Error) -> LedgerError {
    let path = path.to_owned();
    match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
        Some("26") => LedgerError::NotALedger { path },
        Some("11") => LedgerError::Damaged { path, message: error.to_string() },
        _ => LedgerError::Open { path, source: error },
    }
}

#[cfg(test)]
mod tests {
    use sqlx::migrate::Migrate;

    use super::*;

    /// A new ledger, its file, and the directory that goes away with the test.
    async fn new() -> (Ledger, PathBuf, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        (Ledger::open(&path).await.unwrap(), path, directory)
    }

    #[tokio::test]
    async fn a_second_writer_is_told_who_has_the_ledger_and_a_reader_is_not_disturbed() {
        let (ledger, path, _directory) = new().await;
        let first = ledger.writer("plimsoll serve", Duration::ZERO).await.unwrap();
        let other = Ledger::open(&path).await.unwrap();
        assert_eq!(other.scans(10).await.unwrap(), []);
        let refused = other.writer("plimsoll scan", Duration::from_millis(100)).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("by plimsoll serve, process {}", std::process::id())), "{refused}");
        drop(first);
        other.writer("plimsoll scan", Duration::ZERO).await.unwrap();
    }

    #[tokio::test]
    async fn a_waiting_writer_gets_the_ledger_when_it_is_free() {
        let (ledger, _path, _directory) = new().await;
        let first = ledger.writer("the first", Duration::ZERO).await.unwrap();
        let release = async {
            tokio::time::sleep(Duration::from_millis(120)).await;
            drop(first);
        };
        let (second, ()) = tokio::join!(ledger.writer("the second", Duration::from_secs(30)), release);
        second.unwrap();
    }

    #[tokio::test]
    async fn a_newer_ledger_is_refused_with_both_schemas() {
        let (ledger, path, _directory) = new().await;
        let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                      VALUES (9999, 'later', TRUE, x'00', 0)";
        sqlx::query(insert).execute(&ledger.pool).await.unwrap();
        let refused = Ledger::open(&path).await.unwrap_err();
        assert!(matches!(refused, LedgerError::Newer { found: 9999, known: 2, .. }), "{refused}");
        assert!(refused.to_string().contains("help: use the version of plimsoll that wrote it"));
    }

    #[tokio::test]
    async fn other_files_are_refused_and_left_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let text = directory.path().join("notes.txt");
        std::fs::write(&text, "these are my notes, and they are no ledger at all\n".repeat(100)).unwrap();
        let before = std::fs::read(&text).unwrap();
        assert!(matches!(Ledger::open(&text).await.unwrap_err(), LedgerError::NotALedger { .. }));
        assert_eq!(std::fs::read(&text).unwrap(), before);

        let foreign = directory.path().join("foreign.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&foreign).create_if_missing(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        sqlx::query("CREATE TABLE recipes (name TEXT)").execute(&pool).await.unwrap();
        pool.close().await;
        let before = std::fs::read(&foreign).unwrap();
        assert!(matches!(Ledger::open(&foreign).await.unwrap_err(), LedgerError::NotALedger { .. }));
        assert_eq!(std::fs::read(&foreign).unwrap(), before);

        let nowhere = directory.path().join("missing").join("ledger.db");
        let refused = Ledger::open(&nowhere).await.unwrap_err().to_string();
        assert!(refused.contains("help:"), "{refused}");
    }

    #[tokio::test]
    async fn a_ledger_that_another_process_has_only_begun_is_a_ledger() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let mut connection = options(&path).connect().await.unwrap();
        connection.ensure_migrations_table("_sqlx_migrations").await.unwrap();
        connection.close().await.unwrap();
        assert_eq!(schema(&path).await.unwrap(), 0);
        assert_eq!(Ledger::open(&path).await.unwrap().scans(1).await.unwrap(), []);
    }

    #[tokio::test]
    async fn damage_is_found() {
        let (ledger, path, _directory) = new().await;
        ledger.close().await;
        let mut bytes = std::fs::read(&path).unwrap();
        let (middle, end) = (4096 * 2, bytes.len());
        bytes[middle..end].fill(0xaa);
        std::fs::write(&path, bytes).unwrap();
        let found = match Ledger::open(&path).await {
            Ok(ledger) => ledger.check().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(found, LedgerError::Damaged { .. }), "{found}");
    }
}
