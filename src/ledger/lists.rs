//! What the latest scan listed, and what it could not read.

use std::collections::HashMap;

use jiff::Timestamp;

use super::db::{Row, Transaction, Value as Bound, sql};
use super::row::{from_json, time, to_json};
use super::{Ledger, LedgerError};
use crate::model::{AccountId, Gap, Listing, Region, ResourceType, Snapshot};

impl Ledger {
    /// What the latest scan could not read, sorted; without its resources, of which there are many.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn gaps(&self) -> Result<Vec<Gap>, LedgerError> {
        gaps(&mut self.db.read().await?).await
    }
}

/// When the list of each place was whole last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastWhole(HashMap<(AccountId, Region, ResourceType), Timestamp>);

impl LastWhole {
    /// When the list that would hold such a resource was whole last; `None` when it never was, or when
    /// the latest scan did not ask for it. A list under `global` holds the resources of all regions.
    #[must_use]
    pub fn of(&self, account: &AccountId, region: &Region, resource_type: ResourceType) -> Option<Timestamp> {
        let list = |region: Region| self.0.get(&(account.clone(), region, resource_type)).copied();
        list(region.clone()).max(list(Region::global()))
    }
}

impl Ledger {
    /// When the list of each place that the latest scan asked for was whole last.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_whole(&self) -> Result<LastWhole, LedgerError> {
        let mut transaction = self.db.read().await?;
        let latest = transaction.first(sql("SELECT taken_at FROM scans ORDER BY id DESC LIMIT 1")).await?;
        let latest = latest.map(|row| time(row.get("taken_at")?)).transpose()?;
        last_whole(&mut transaction, latest).await
    }
}

/// When each list of the latest scan was whole last; `latest` is when that scan was taken.
pub(super) async fn last_whole(
    transaction: &mut Transaction<'_>,
    latest: Option<Timestamp>,
) -> Result<LastWhole, LedgerError> {
    let rows = transaction.all(sql("SELECT account, region, type, complete, whole_at FROM listings")).await?;
    let mut whole = HashMap::new();
    for row in &rows {
        let at =
            if row.get("complete")? { latest } else { row.get::<Option<i64>>("whole_at")?.map(time).transpose()? };
        let place = (
            row.get::<String>("account")?.parse()?,
            row.get::<String>("region")?.parse()?,
            row.get::<String>("type")?.parse()?,
        );
        whole.extend(at.map(|at| (place, at)));
    }
    Ok(LastWhole(whole))
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

/// Replaces the listings and gaps of the latest scan where they differ. `whole` is when each list was
/// whole last, before this scan.
pub(super) async fn write_lists(
    transaction: &mut Transaction<'_>,
    snapshot: &Snapshot,
    whole: &LastWhole,
) -> Result<u64, LedgerError> {
    let mut written = 0;
    if listings(transaction).await? != snapshot.listings {
        transaction.execute(sql("DELETE FROM listings")).await?;
        let row = |listing: &Listing| -> Vec<Bound> {
            let place = (listing.account.clone(), listing.region.clone(), listing.resource_type);
            let whole_at = whole.0.get(&place).filter(|_| !listing.complete);
            vec![
                listing.account.as_str().into(),
                listing.region.as_str().into(),
                listing.resource_type.name().into(),
                listing.complete.into(),
                listing.listed_before.into(),
                whole_at.copied().map(Timestamp::as_millisecond).into(),
            ]
        };
        let rows = snapshot.listings.iter().map(row).collect();
        let into = "INSERT INTO listings (account, region, type, complete, listed_before, whole_at)";
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
