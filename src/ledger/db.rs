//! One SQL, two drivers: what SQLite and PostgreSQL have in common, as concrete types.
//!
//! Every statement is written once, with `$1` for its values and whole numbers, texts and truth
//! values as the only types. It runs in a [`Transaction`]: one that reads sees one moment, one that
//! writes ends as a whole or not at all. What differs between the two stands in [`sqlite`] and
//! [`postgres`], and nowhere else.

pub(super) mod postgres;
pub(super) mod sqlite;

use std::time::Duration;

use futures::TryStreamExt;
use sqlx::database::HasStatementCache;
use sqlx::query::Query;
use sqlx::{
    AssertSqlSafe, Database, Decode, Encode, Executor, IntoArguments, PgPool, Postgres, Row as _, SqlSafeStr, SqlStr,
    Sqlite, SqlitePool, Type,
};

use super::LedgerError;
use crate::model::LedgerPlace;

/// An open database: its place, and connections to it.
#[derive(Debug, Clone)]
pub(super) enum Db {
    File { place: LedgerPlace, pool: SqlitePool },
    Postgres { place: LedgerPlace, pool: PgPool },
}

impl Db {
    pub(super) const fn place(&self) -> &LedgerPlace {
        match self {
            Self::File { place, .. } | Self::Postgres { place, .. } => place,
        }
    }

    /// A transaction that reads: all it sees is of one moment.
    pub(super) async fn read(&self) -> Result<Transaction<'static>, LedgerError> {
        match self {
            Self::File { place, pool } => {
                let inner = pool.begin().await.map_err(|error| sqlite::explain(place, error))?;
                Ok(Transaction { place: place.clone(), limit: None, inner: Inner::File(inner) })
            }
            Self::Postgres { place, pool } => postgres::read(place, pool).await,
        }
    }

    /// A transaction that reads the whole ledger, for as long as that takes.
    pub(super) async fn survey(&self) -> Result<Transaction<'static>, LedgerError> {
        match self {
            Self::File { .. } => self.read().await,
            Self::Postgres { place, pool } => postgres::survey(place, pool).await,
        }
    }

    /// A transaction that writes, and may take long.
    pub(super) async fn maintain(&self) -> Result<Transaction<'static>, LedgerError> {
        match self {
            Self::File { place, pool } => sqlite::write(place, pool).await,
            Self::Postgres { place, pool } => postgres::maintain(place, pool).await,
        }
    }

    /// A transaction that writes a little, beside others that do: each of its statements sees what they
    /// have just written, and waits for what they are writing.
    pub(super) async fn amend(&self) -> Result<Transaction<'static>, LedgerError> {
        match self {
            Self::File { place, pool } => sqlite::write(place, pool).await,
            Self::Postgres { place, pool } => postgres::amend(place, pool).await,
        }
    }

    /// The bytes it takes, free space inside it included.
    pub(super) async fn size(&self) -> Result<u64, LedgerError> {
        match self {
            Self::File { place, pool } => sqlite::size(place, pool).await,
            Self::Postgres { .. } => postgres::size(&mut self.read().await?).await,
        }
    }

    /// Gives the space of what was deleted back.
    pub(super) async fn compact(&self) -> Result<(), LedgerError> {
        match self {
            Self::File { place, pool } => sqlite::compact(place, pool).await,
            Self::Postgres { place, pool } => postgres::compact(place, pool).await,
        }
    }

    /// What the database itself finds wrong with its storage.
    pub(super) async fn storage_faults(&self) -> Result<Vec<String>, LedgerError> {
        match self {
            Self::File { place, pool } => sqlite::storage_faults(place, pool).await,
            // PostgreSQL checks pages as it reads them, and what follows reads all of them.
            Self::Postgres { .. } => Ok(Vec::new()),
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::File { pool, .. } => pool.close().await,
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Statements that see one moment, or that take effect together. Undone when dropped.
#[derive(Debug)]
pub(super) struct Transaction<'c> {
    place: LedgerPlace,
    /// How long one statement may take; a file is never out of reach.
    limit: Option<Duration>,
    inner: Inner<'c>,
}

#[derive(Debug)]
enum Inner<'c> {
    File(sqlx::Transaction<'c, Sqlite>),
    Postgres(sqlx::Transaction<'c, Postgres>),
}

impl Transaction<'_> {
    pub(super) const fn place(&self) -> &LedgerPlace {
        &self.place
    }

    /// Does it; gives the number of rows that it wrote.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<u64, LedgerError> {
        match &mut self.inner {
            Inner::File(inner) => {
                let done = statement.of::<Sqlite>().execute(&mut **inner).await;
                Ok(done.map_err(|error| sqlite::explain(&self.place, error))?.rows_affected())
            }
            Inner::Postgres(inner) => {
                let done = statement.of::<Postgres>().execute(&mut **inner);
                Ok(postgres::limited(&self.place, self.limit, done).await?.rows_affected())
            }
        }
    }

    /// All rows.
    pub(super) async fn all(&mut self, statement: Statement) -> Result<Vec<Row>, LedgerError> {
        match &mut self.inner {
            Inner::File(inner) => {
                let rows = statement.of::<Sqlite>().fetch_all(&mut **inner).await;
                let rows = rows.map_err(|error| sqlite::explain(&self.place, error))?;
                Ok(rows.into_iter().map(Row::File).collect())
            }
            Inner::Postgres(inner) => {
                let rows = statement.of::<Postgres>().fetch_all(&mut **inner);
                let rows = postgres::limited(&self.place, self.limit, rows).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row, if there is one.
    pub(super) async fn first(&mut self, statement: Statement) -> Result<Option<Row>, LedgerError> {
        match &mut self.inner {
            Inner::File(inner) => {
                let row = statement.of::<Sqlite>().fetch_optional(&mut **inner).await;
                Ok(row.map_err(|error| sqlite::explain(&self.place, error))?.map(Row::File))
            }
            Inner::Postgres(inner) => {
                let row = statement.of::<Postgres>().fetch_optional(&mut **inner);
                Ok(postgres::limited(&self.place, self.limit, row).await?.map(Row::Postgres))
            }
        }
    }

    /// Each row as it comes, without holding them all.
    pub(super) async fn each(
        &mut self,
        statement: Statement,
        mut take: impl FnMut(&Row) -> Result<(), LedgerError> + Send,
    ) -> Result<(), LedgerError> {
        match &mut self.inner {
            Inner::File(inner) => {
                let mut rows = statement.of::<Sqlite>().fetch(&mut **inner);
                while let Some(row) = rows.try_next().await.map_err(|error| sqlite::explain(&self.place, error))? {
                    take(&Row::File(row))?;
                }
            }
            Inner::Postgres(inner) => {
                let mut rows = statement.of::<Postgres>().fetch(&mut **inner);
                while let Some(row) = postgres::limited(&self.place, self.limit, rows.try_next()).await? {
                    take(&Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }

    /// Writes rows, all with the same number of values, and gives how many of them were written.
    /// `into` ends before `VALUES`, and `then` follows them.
    pub(super) async fn insert(
        &mut self,
        into: &'static str,
        rows: Vec<Vec<Value>>,
        then: &'static str,
    ) -> Result<u64, LedgerError> {
        let mut written = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<Vec<Value>> = rows.by_ref().take(ROWS_PER_INSERT).collect();
            let width = chunk.first().map_or(0, Vec::len);
            let places = self.places(chunk.len(), width);
            let statement = Statement {
                sql: AssertSqlSafe(format!("{into} VALUES {places} {then}")).into_sql_str(),
                values: chunk.into_iter().flatten().collect(),
                kept: false,
            };
            written += self.execute(statement).await?;
        }
        Ok(written)
    }

    /// The rows of which one column has one of these values. `select` ends with `IN`.
    pub(super) async fn all_in(
        &mut self,
        select: &'static str,
        values: &[impl AsRef<str>],
    ) -> Result<Vec<Row>, LedgerError> {
        let mut found = Vec::new();
        for chunk in values.chunks(VALUES_PER_QUERY) {
            let statement = Statement {
                sql: AssertSqlSafe(format!("{select} {}", self.places(1, chunk.len()))).into_sql_str(),
                values: chunk.iter().map(|value| value.as_ref().into()).collect(),
                kept: false,
            };
            found.extend(self.all(statement).await?);
        }
        Ok(found)
    }

    /// The places of the values of so many rows. SQLite looks a numbered one up among all before it,
    /// which takes seconds where there are thousands.
    fn places(&self, rows: usize, width: usize) -> String {
        match self.inner {
            Inner::File(_) => places(rows, width, |_| "?".to_owned()),
            Inner::Postgres(_) => places(rows, width, |place| format!("${place}")),
        }
    }

    /// Makes it so. An error leaves open whether it is.
    pub(super) async fn commit(self) -> Result<(), LedgerError> {
        match self.inner {
            Inner::File(inner) => inner.commit().await.map_err(|error| sqlite::explain(&self.place, error)),
            Inner::Postgres(inner) => postgres::limited(&self.place, self.limit, inner.commit()).await,
        }
    }
}

/// 14 columns at most: SQLite takes 32,766 values per statement, PostgreSQL 65,535.
const ROWS_PER_INSERT: usize = 1_000;
const VALUES_PER_QUERY: usize = 10_000;

/// `($1,$2),($3,$4)` for 2 rows of 2.
fn places(rows: usize, width: usize, place: impl Fn(usize) -> String) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=width).map(|column| place(row * width + column)).collect();
        format!("({})", places.join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

/// One statement and its values.
#[derive(Debug)]
pub(super) struct Statement {
    sql: SqlStr,
    values: Vec<Value>,
    /// Whether the database keeps it prepared.
    kept: bool,
}

/// A statement without values as yet.
pub(super) fn sql(text: &'static str) -> Statement {
    Statement { sql: SqlStr::from_static(text), values: Vec::new(), kept: true }
}

impl Statement {
    /// Adds the next value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds these values.
    pub(super) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }

    fn of<'q, DB: Database + HasStatementCache>(self) -> Query<'q, DB, DB::Arguments>
    where
        DB::Arguments: IntoArguments<DB>,
        Option<i64>: Encode<'q, DB> + Type<DB> + 'q,
        Option<String>: Encode<'q, DB> + Type<DB> + 'q,
        Option<bool>: Encode<'q, DB> + Type<DB> + 'q,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    {
        let mut query = sqlx::query(self.sql).persistent(self.kept);
        for value in self.values {
            query = match value {
                Value::Number(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Truth(value) => query.bind(value),
            };
        }
        query
    }
}

/// A value of a statement, or none of that type.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Truth(Option<bool>),
}

macro_rules! value {
    ($($type:ty, $kind:ident, $value:ident => $convert:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                Self::$kind(Some($convert))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$kind(value.map(|$value| $convert))
            }
        }
    )*};
}

value! {
    i64, Number, value => value;
    u32, Number, value => i64::from(value);
    &str, Text, value => value.to_owned();
    &String, Text, value => value.clone();
    String, Text, value => value;
    bool, Truth, value => value;
}

/// A row of an answer.
#[derive(Debug)]
pub(super) enum Row {
    File(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// The value of a column.
    pub(super) fn get<'r, T>(&'r self, column: &str) -> Result<T, LedgerError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match self {
            Self::File(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// The value of a column of amounts, which are never negative.
    pub(super) fn amount(&self, column: &str) -> Result<u64, LedgerError> {
        let value: i64 = self.get(column)?;
        u64::try_from(value).map_err(|_negative| LedgerError::StoredAmount { column: column.to_owned(), value })
    }
}
