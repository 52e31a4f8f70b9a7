//! Opening a ledger, and bringing its schema up to date.

use super::db::{Db, postgres, sqlite};
use super::{Ledger, LedgerError};
use crate::model::LedgerPlace;

impl Ledger {
    /// Opens the ledger, or begins a new one when there is none.
    ///
    /// # Errors
    /// When it cannot be reached or opened, is not a ledger, is damaged, was written by a newer
    /// program, or needs a newer schema while someone else is writing.
    pub async fn open(place: impl Into<LedgerPlace>) -> Result<Self, LedgerError> {
        let place = place.into();
        let found = schema(&place).await?;
        Self::open_from(&place, found).await
    }

    async fn open_from(place: &LedgerPlace, found: i64) -> Result<Self, LedgerError> {
        if found < newest_schema(place) {
            migrate(place).await?;
        }
        let db = match place {
            LedgerPlace::File(path) => sqlite::open(place, path).await?,
            LedgerPlace::Postgres(url) => postgres::open(place, url)?,
        };
        Ok(Self { db })
    }

    /// Opens a ledger that is there; `None` when there is none. Asking questions never begins one.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub async fn existing(place: impl Into<LedgerPlace>) -> Result<Option<Self>, LedgerError> {
        let place = place.into();
        if let LedgerPlace::File(path) = &place
            && !path.exists()
        {
            return Ok(None);
        }
        match (schema(&place).await?, &place) {
            (0, LedgerPlace::Postgres(_)) => Ok(None),
            (found, _) => Self::open_from(&place, found).await.map(Some),
        }
    }

    /// The schema that a ledger has, 0 when there is none, and the one that this program writes. Changes
    /// nothing.
    ///
    /// # Errors
    /// When it cannot be reached or opened, is not a ledger, or was written by a newer program.
    pub async fn schemas(place: &LedgerPlace) -> Result<(i64, i64), LedgerError> {
        Ok((schema(place).await?, newest_schema(place)))
    }

    /// Where it is.
    #[must_use]
    pub const fn place(&self) -> &LedgerPlace {
        self.db.place()
    }

    /// The bytes it takes, free space inside it included.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn size(&self) -> Result<u64, LedgerError> {
        self.db.size().await
    }

    /// Closes it in an orderly way.
    pub async fn close(self) {
        Db::close(self.db).await;
    }
}

fn newest_schema(place: &LedgerPlace) -> i64 {
    let migrations = match place {
        LedgerPlace::File(_) => &sqlite::MIGRATIONS,
        LedgerPlace::Postgres(_) => &postgres::MIGRATIONS,
    };
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}

async fn schema(place: &LedgerPlace) -> Result<i64, LedgerError> {
    let found = match place {
        LedgerPlace::File(path) => sqlite::schema(place, path).await?,
        LedgerPlace::Postgres(url) => postgres::schema(place, url).await?,
    };
    let known = newest_schema(place);
    if found > known {
        return Err(LedgerError::Newer { place: place.clone(), found, known });
    }
    Ok(found)
}

async fn migrate(place: &LedgerPlace) -> Result<(), LedgerError> {
    match place {
        LedgerPlace::File(path) => sqlite::migrate(place, path).await,
        LedgerPlace::Postgres(url) => postgres::migrate(place, url).await,
    }
}
