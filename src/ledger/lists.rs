//! What the latest scan listed, and what it could not read.

use super::db::{Row, Transaction, sql};
use super::row::{from_json, to_json};
use super::{Ledger, LedgerError};
use crate::model::{Gap, Listing, ResourceType, Snapshot};

impl Ledger {
    /// What the latest scan could not read, sorted; without its resources, of which there are many.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn gaps(&self) -> Result<Vec<Gap>, LedgerError> {
        gaps(&mut self.db.read().await?).await
    }
}

/// What the latest scan listed, sorted.
pub(super) async fn listings(transaction: &mut Transaction<'_>) -> Result<Vec<Listing>, LedgerError> {
    let rows = transaction.all(sql("SELECT account, region, type, complete, listed_before FROM listings")).await?;
    let listing = |row: &Row| {
        Ok(Listing {
            account: row.get::<String>("account")?.parse()?,
            region: row.get::<String>("region")?.parse()?,
            resource_type: row.get::<String>("type")?.parse::<ResourceType>()?,
            complete: row.get("complete")?,
            listed_before: row.get("listed_before")?,
        })
    };
    let mut listings = rows.iter().map(listing).collect::<Result<Vec<_>, LedgerError>>()?;
    listings.sort();
    Ok(listings)
}

/// What the latest scan could not read, sorted.
pub(super) async fn gaps(transaction: &mut Transaction<'_>) -> Result<Vec<Gap>, LedgerError> {
    let rows = transaction.all(sql("SELECT gap FROM gaps")).await?;
    let gap = |row: &Row| from_json("a gap", row.get("gap")?);
    let mut gaps = rows.iter().map(gap).collect::<Result<Vec<Gap>, _>>()?;
    gaps.sort();
    Ok(gaps)
}

/// Replaces the listings and gaps of the latest scan where they differ.
pub(super) async fn write_lists(transaction: &mut Transaction<'_>, snapshot: &Snapshot) -> Result<u64, LedgerError> {
    let mut written = 0;
    if listings(transaction).await? != snapshot.listings {
        transaction.execute(sql("DELETE FROM listings")).await?;
        let row = |listing: &Listing| {
            vec![
                listing.account.as_str().into(),
                listing.region.as_str().into(),
                listing.resource_type.name().into(),
                listing.complete.into(),
                listing.listed_before.into(),
            ]
        };
        let rows = snapshot.listings.iter().map(row).collect();
        let into = "INSERT INTO listings (account, region, type, complete, listed_before)";
        written += transaction.insert(into, rows, "").await?;
    }
    if gaps(transaction).await? != snapshot.gaps {
        transaction.execute(sql("DELETE FROM gaps")).await?;
        let row = |gap| Ok(vec![to_json("a gap", gap)?.into()]);
        let rows = snapshot.gaps.iter().map(row).collect::<Result<_, LedgerError>>()?;
        written += transaction.insert("INSERT INTO gaps (gap)", rows, "").await?;
    }
    Ok(written)
}
