//! What the latest scan listed, and what it could not read.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::LedgerError;
use super::row::{from_json, to_json};
use crate::model::{Gap, Listing, ResourceType, Snapshot};

const ROWS_PER_INSERT: usize = 1_000;

/// What the latest scan listed, sorted.
pub(super) async fn listings(connection: &mut SqliteConnection) -> Result<Vec<Listing>, LedgerError> {
    let rows = sqlx::query("SELECT account, region, type, complete, listed_before FROM listings")
        .fetch_all(connection)
        .await?;
    let listing = |row: &SqliteRow| {
        Ok(Listing {
            account: row.try_get::<String, _>("account")?.parse()?,
            region: row.try_get::<String, _>("region")?.parse()?,
            resource_type: row.try_get::<String, _>("type")?.parse::<ResourceType>()?,
            complete: row.try_get("complete")?,
            listed_before: row.try_get("listed_before")?,
        })
    };
    let mut listings = rows.iter().map(listing).collect::<Result<Vec<_>, LedgerError>>()?;
    listings.sort();
    Ok(listings)
}

/// What the latest scan could not read, sorted.
pub(super) async fn gaps(connection: &mut SqliteConnection) -> Result<Vec<Gap>, LedgerError> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT gap FROM gaps").fetch_all(connection).await?;
    let mut gaps = rows.iter().map(|gap| from_json("a gap", gap)).collect::<Result<Vec<Gap>, _>>()?;
    gaps.sort();
    Ok(gaps)
}

/// Replaces the listings and gaps of the latest scan where they differ.
pub(super) async fn write_lists(connection: &mut SqliteConnection, snapshot: &Snapshot) -> Result<u64, LedgerError> {
    let mut written = 0;
    if listings(connection).await? != snapshot.listings {
        sqlx::query("DELETE FROM listings").execute(&mut *connection).await?;
        for chunk in snapshot.listings.chunks(ROWS_PER_INSERT) {
            let mut query =
                QueryBuilder::<Sqlite>::new("INSERT INTO listings (account, region, type, complete, listed_before) ");
            query.push_values(chunk, |mut row, listing| {
                row.push_bind(listing.account.as_str())
                    .push_bind(listing.region.as_str())
                    .push_bind(listing.resource_type.name())
                    .push_bind(listing.complete)
                    .push_bind(listing.listed_before);
            });
            written += query.build().execute(&mut *connection).await?.rows_affected();
        }
    }
    if gaps(connection).await? != snapshot.gaps {
        sqlx::query("DELETE FROM gaps").execute(&mut *connection).await?;
        for gap in &snapshot.gaps {
            let insert = sqlx::query("INSERT INTO gaps (gap) VALUES (?)").bind(to_json("a gap", gap)?);
            written += insert.execute(&mut *connection).await?.rows_affected();
        }
    }
    Ok(written)
}
