//! What is special about a ledger in PostgreSQL: how it is reached, its time limits, the advisory
//! lock that is the right to record, and what its codes mean.
//!
//! Passwords come from the address, from `PGPASSWORD` or from `~/.pgpass`; nothing here says one.

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Row as _};
use tokio::time::Instant;

use super::{Db, Inner, Transaction};
use crate::ledger::LedgerError;
use crate::model::{LedgerPlace, PostgresUrl};

pub(in crate::ledger) static MIGRATIONS: Migrator = sqlx::migrate!("src/ledger/migrations/postgres");

/// One attempt to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// All attempts together: a server that is restarted is back by then.
const CONNECT_IN_ALL: Duration = Duration::from_secs(30);
/// From the pool, connecting included.
const ACQUIRE: Duration = Duration::from_secs(30);
/// One statement, as the server counts.
const STATEMENT: Duration = Duration::from_mins(1);
/// One statement that works on the whole ledger.
const LONG_STATEMENT: Duration = Duration::from_hours(1);
/// How much longer we wait than the server works: then it is out of reach.
const SLACK: Duration = Duration::from_secs(15);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
const LOCK_POLL: Duration = Duration::from_millis(200);
const CONNECTIONS: u32 = 4;

/// "Plim", the first half of the advisory lock; the second is the schema's name, so that two
/// ledgers in one database do not wait for each other.
const LOCK: i64 = 0x506c_696d;

/// Connects to a database whose schema is up to date.
pub(in crate::ledger) fn open(place: &LedgerPlace, url: &PostgresUrl) -> Result<Db, LedgerError> {
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .connect_lazy_with(options(place, url, "plimsoll")?);
    Ok(Db::Postgres { place: place.clone(), pool })
}

fn options(place: &LedgerPlace, url: &PostgresUrl, who: &str) -> Result<PgConnectOptions, LedgerError> {
    let explain = |source| LedgerError::Address { place: place.clone(), source };
    if !parameters_are_known(url) {
        return Err(explain(sqlx::Error::Configuration("it has a parameter that is not known".into())));
    }
    let options: PgConnectOptions = url.with_secrets().parse().map_err(explain)?;
    // The server notices within two minutes when this machine is gone, and gives the lock free.
    let limits = [
        ("statement_timeout", STATEMENT.as_millis().to_string()),
        ("lock_timeout", "10000".to_owned()),
        ("idle_in_transaction_session_timeout", "300000".to_owned()),
        ("tcp_keepalives_idle", "60".to_owned()),
        ("tcp_keepalives_interval", "10".to_owned()),
        ("tcp_keepalives_count", "6".to_owned()),
    ];
    Ok(options.application_name(who).options(limits).disable_statement_logging())
}

/// What may stand behind the `?`. The driver logs any other with its value, which may be a password.
const PARAMETERS: [&str; 18] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "user",
];

fn parameters_are_known(url: &PostgresUrl) -> bool {
    let parameters = url.with_secrets().split_once('?').map_or("", |(_, parameters)| parameters);
    let names =
        parameters.split('&').filter(|one| !one.is_empty()).map(|one| one.split('=').next().unwrap_or_default());
    names
        .into_iter()
        .all(|name| PARAMETERS.contains(&name) || name.starts_with("options[") || name.starts_with("options%5B"))
}

/// A connection of its own, by as many attempts as there is time for.
async fn connect(place: &LedgerPlace, url: &PostgresUrl, who: &str) -> Result<PgConnection, LedgerError> {
    let options = options(place, url, who)?;
    let begun = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let error = match tokio::time::timeout(CONNECT, options.connect()).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => error,
            Err(_elapsed) => sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
        };
        if !is_passing(&error) || begun.elapsed() + pause > CONNECT_IN_ALL {
            return Err(unreachable(place, error));
        }
        tracing::debug!(ledger = %place, %error, "connecting again");
        // Half of it by chance, so that many scanners do not come back at once.
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether connecting may work a moment later: nobody answers, the server starts or stops, or has no
/// connection left. Source: appendix A of PostgreSQL's manual.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        _ => code(error).is_some_and(|code| code.starts_with("57P0") || code.starts_with("08") || code == "53300"),
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

fn unreachable(place: &LedgerPlace, source: sqlx::Error) -> LedgerError {
    LedgerError::Unreachable { place: place.clone(), source }
}

pub(super) async fn read(place: &LedgerPlace, pool: &PgPool) -> Result<Transaction<'static>, LedgerError> {
    begin(place, pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", STATEMENT).await
}

pub(super) async fn survey(place: &LedgerPlace, pool: &PgPool) -> Result<Transaction<'static>, LedgerError> {
    begin_long(place, pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}

pub(super) async fn maintain(place: &LedgerPlace, pool: &PgPool) -> Result<Transaction<'static>, LedgerError> {
    begin_long(place, pool, "BEGIN ISOLATION LEVEL REPEATABLE READ").await
}

pub(super) async fn amend(place: &LedgerPlace, pool: &PgPool) -> Result<Transaction<'static>, LedgerError> {
    begin(place, pool, "BEGIN ISOLATION LEVEL READ COMMITTED", STATEMENT).await
}

async fn begin_long(
    place: &LedgerPlace,
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static>, LedgerError> {
    let mut transaction = begin(place, pool, statement, LONG_STATEMENT).await?;
    transaction.execute(super::sql("SET LOCAL statement_timeout = '1h'")).await?;
    Ok(transaction)
}

async fn begin(
    place: &LedgerPlace,
    pool: &PgPool,
    begin: &'static str,
    limit: Duration,
) -> Result<Transaction<'static>, LedgerError> {
    let inner = match tokio::time::timeout(ACQUIRE + SLACK, pool.begin_with(begin)).await {
        Ok(Ok(inner)) => inner,
        Ok(Err(sqlx::Error::PoolTimedOut)) => return Err(unreachable(place, why_none(pool).await)),
        Ok(Err(error)) => return Err(explain(place, error)),
        Err(_elapsed) => return Err(unreachable(place, sqlx::Error::PoolTimedOut)),
    };
    Ok(Transaction { place: place.clone(), limit: Some(limit + SLACK), inner: Inner::Postgres(inner) })
}

/// Why the pool has no connection: the error that it kept to itself.
async fn why_none(pool: &PgPool) -> sqlx::Error {
    match tokio::time::timeout(CONNECT, pool.connect_options().connect()).await {
        Ok(Err(error)) => error,
        Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut,
    }
}

/// What a call gives, or an error when it takes longer than the server itself allows.
pub(super) async fn limited<T>(
    place: &LedgerPlace,
    limit: Option<Duration>,
    call: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, LedgerError> {
    match tokio::time::timeout(limit.unwrap_or(LONG_STATEMENT), call).await {
        Ok(done) => done.map_err(|error| explain(place, error)),
        Err(_elapsed) => Err(unreachable(place, sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
    }
}

/// An error of PostgreSQL, told apart by its code. Source: appendix A of its manual.
fn explain(place: &LedgerPlace, source: sqlx::Error) -> LedgerError {
    let place = place.clone();
    let lost = matches!(source, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed);
    match code(&source).as_deref() {
        _ if lost || is_passing(&source) => LedgerError::Unreachable { place, source },
        // What was read cannot be told apart from a connection that ends in the middle.
        None if matches!(source, sqlx::Error::Protocol(_)) => LedgerError::Unreachable { place, source },
        Some("53100") => LedgerError::Full { place, source },
        Some("25006" | "42501") => LedgerError::ReadOnly { place, source },
        Some("55P03" | "57014" | "25P03" | "40001" | "40P01") => LedgerError::Busy { place, source },
        Some("XX001" | "XX002") => LedgerError::Damaged { place, faults: vec![source.to_string()] },
        Some("58030") => LedgerError::Storage { place, source },
        _ => LedgerError::Query { place, source },
    }
}

/// The schema of the ledger; 0 when there is none and nothing else either.
pub(in crate::ledger) async fn schema(place: &LedgerPlace, url: &PostgresUrl) -> Result<i64, LedgerError> {
    let mut connection = connect(place, url, "plimsoll").await?;
    let found = limited(place, Some(STATEMENT), read_schema(&mut connection)).await?;
    drop(connection.close().await);
    found.ok_or_else(|| LedgerError::NotALedger { place: place.clone() })
}

/// The schema; `None` when the tables are someone else's.
async fn read_schema(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname <> '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .await?;
    if tables == 0 {
        return Ok(Some(0));
    }
    let ours: Option<String> = sqlx::query_scalar(
        "SELECT obj_description(pg_class.oid, 'pg_class') FROM pg_class
         JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname = current_schema() AND relname = 'scans'",
    )
    .fetch_optional(&mut *connection)
    .await?
    .flatten();
    if ours.as_deref() != Some("plimsoll ledger") {
        return Ok(None);
    }
    let found: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success").fetch_one(connection).await?;
    Ok(Some(found.unwrap_or(0)))
}

/// Brings the schema up to date, while nobody records.
pub(in crate::ledger) async fn migrate(place: &LedgerPlace, url: &PostgresUrl) -> Result<(), LedgerError> {
    let mut locked = Locked::take(place, url, "a change of the ledger's schema", LOCK_TIME).await?;
    locked.ask(take_time).await?;
    let outcome = tokio::time::timeout(LONG_STATEMENT, MIGRATIONS.run(&mut locked.connection)).await;
    locked.release().await;
    match outcome {
        Ok(outcome) => outcome.map_err(|source| LedgerError::Migrate { place: place.clone(), source }),
        Err(_elapsed) => Err(unreachable(place, sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
    }
}

const LOCK_TIME: Duration = Duration::from_secs(10);

/// The bytes of our tables and their indexes.
pub(super) async fn size(transaction: &mut Transaction<'_>) -> Result<u64, LedgerError> {
    let size = "SELECT CAST(coalesce(sum(pg_total_relation_size(pg_class.oid)), 0) AS BIGINT) AS size
                FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE nspname = current_schema() AND relkind = 'r'";
    let row = transaction.first(super::sql(size)).await?;
    row.map_or(Ok(0), |row| row.amount("size"))
}

pub(super) async fn compact(place: &LedgerPlace, pool: &PgPool) -> Result<(), LedgerError> {
    // Space goes to what is written next; `VACUUM FULL` would give it back, and lock out readers.
    let vacuum = async {
        let mut connection = pool.acquire().await?;
        sqlx::query("SET statement_timeout = '1h'").execute(&mut *connection).await?;
        let done = sqlx::query("VACUUM (ANALYZE)").execute(&mut *connection).await;
        sqlx::query("RESET statement_timeout").execute(&mut *connection).await?;
        done.map(drop)
    };
    limited(place, Some(LONG_STATEMENT), Box::pin(vacuum)).await
}

/// The right to record: an advisory lock, on the connection that records. The server gives it back
/// when the connection ends, however it ends.
#[derive(Debug)]
pub(in crate::ledger) struct Locked {
    place: LedgerPlace,
    connection: PgConnection,
    /// Which server process this is, and since when: process numbers come again.
    process: (i32, String),
}

impl Locked {
    /// Takes the right, waiting at most `patience` for whoever has it.
    pub(in crate::ledger) async fn take(
        place: &LedgerPlace,
        url: &PostgresUrl,
        who: &str,
        patience: Duration,
    ) -> Result<Self, LedgerError> {
        let connection = connect(place, url, &application_name(who)).await?;
        let mut locked = Self { place: place.clone(), connection, process: (0, String::new()) };
        locked.process = locked.ask(own_process).await?;
        locked.lock(patience).await?;
        Ok(locked)
    }

    /// Takes the right again on a new connection. What is left of the old one is ended first: it may
    /// hold the lock still, when only we lost sight of it.
    pub(in crate::ledger) async fn take_again(
        &mut self,
        url: &PostgresUrl,
        who: &str,
        patience: Duration,
    ) -> Result<(), LedgerError> {
        self.connection = connect(&self.place, url, &application_name(who)).await?;
        let (process, since) = std::mem::take(&mut self.process);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2";
        let ended = sqlx::query(end).bind(process).bind(since).execute(&mut self.connection);
        limited(&self.place, Some(STATEMENT), ended).await?;
        self.process = self.ask(own_process).await?;
        self.lock(patience).await
    }

    async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, LedgerError> {
        limited(&self.place, Some(STATEMENT), question(&mut self.connection)).await
    }

    async fn lock(&mut self, patience: Duration) -> Result<(), LedgerError> {
        let begun = Instant::now();
        let mut told = false;
        loop {
            if self.ask(try_lock).await? {
                return Ok(());
            }
            if !told {
                let holder = self.ask(holder).await?.unwrap_or_default();
                tracing::info!(ledger = %self.place, holder, "waiting for who records");
                told = true;
            }
            let waited = begun.elapsed();
            if waited >= patience {
                let holder = self.ask(holder).await?.unwrap_or_else(|| "another process".to_owned());
                return Err(LedgerError::InUse { place: self.place.clone(), holder, waited });
            }
            tokio::time::sleep(LOCK_POLL.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        }
    }

    /// A transaction on the connection that has the right.
    pub(in crate::ledger) async fn write(&mut self) -> Result<Transaction<'_>, LedgerError> {
        let inner = limited(&self.place, Some(STATEMENT), self.connection.begin()).await?;
        Ok(Transaction { place: self.place.clone(), limit: Some(STATEMENT + SLACK), inner: Inner::Postgres(inner) })
    }

    /// Gives the right back and waits until the server knows.
    pub(in crate::ledger) async fn release(self) {
        if let Ok(Err(error)) = tokio::time::timeout(CONNECT, self.connection.close()).await {
            tracing::debug!(%error, "the connection to the ledger did not end in an orderly way");
        }
    }
}

/// What others see of us: 63 bytes at most.
fn application_name(who: &str) -> String {
    who.chars().filter(char::is_ascii).take(63).collect()
}

async fn own_process(connection: &mut PgConnection) -> Result<(i32, String), sqlx::Error> {
    let row =
        sqlx::query("SELECT pid, backend_start::text AS since FROM pg_stat_activity WHERE pid = pg_backend_pid()")
            .fetch_one(connection)
            .await?;
    Ok((row.try_get("pid")?, row.try_get("since")?))
}

async fn take_time(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SET statement_timeout = '1h'").execute(connection).await.map(drop)
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1::bigint::int, hashtext(current_schema()::text))")
        .bind(LOCK)
        .fetch_one(connection)
        .await
}

/// Who has the lock: `plimsoll serve from 10.0.0.7, process 4711 of the server`.
async fn holder(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT pid, coalesce(nullif(application_name, ''), 'another process') AS name, host(client_addr) AS client
         FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = $1
           AND objid::bigint = (hashtext(current_schema()::text)::bigint & 4294967295)
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .bind(LOCK)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (pid, name): (i32, String) = (row.try_get("pid")?, row.try_get("name")?);
    let client: Option<String> = row.try_get("client")?;
    let from = client.map(|client| format!(" from {client}")).unwrap_or_default();
    Ok(Some(format!("{name}{from}, process {pid} of the server")))
}
