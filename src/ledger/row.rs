//! Between rows and the nouns of the model.

use std::str::FromStr;

use super::db::Row;
use super::slices::Slices;
use super::{LedgerError, Scan};
use crate::model::{
    AccountId, Detected, DetectionBound, Finding, InvalidId, Region, Resolution, Resolved, ResourceId, ResourceKey,
    ResourceType, RuleId, Severity,
};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A time in milliseconds.
pub(super) fn time(milliseconds: i64) -> Result<Timestamp, LedgerError> {
    Ok(Timestamp::from_millisecond(milliseconds)?)
}

/// A value as JSON text.
pub(super) fn to_json<T: Serialize>(what: &'static str, value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|source| LedgerError::Stored { what, source })
}

/// A value from JSON text.
pub(super) fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|source| LedgerError::Stored { what, source })
}

/// A severity from its word.
pub(super) fn severity(word: &str) -> Result<Severity, LedgerError> {
    let known = Severity::ALL.iter().copied().find(|severity| severity.name() == word);
    Ok(known.ok_or_else(|| InvalidId { text: word.to_owned(), expected: "a severity" })?)
}

fn resolution(word: &str) -> Result<Resolution, LedgerError> {
    let known = Resolution::ALL.iter().copied().find(|resolution| resolution.name() == word);
    Ok(known.ok_or_else(|| InvalidId { text: word.to_owned(), expected: "a resolution" })?)
}

/// The columns `account, region, type, resource`.
pub(super) fn key(row: &Row) -> Result<ResourceKey, LedgerError> {
    Ok(ResourceKey {
        account: AccountId::new(row.get::<String>("account")?)?,
        region: Region::new(row.get::<String>("region")?)?,
        resource_type: ResourceType::from_str(row.get("type")?)?,
        id: ResourceId::new(row.get::<String>("resource")?)?,
    })
}

/// A row of `scans`.
pub(super) fn scan(row: &Row) -> Result<Scan, LedgerError> {
    Ok(Scan {
        id: row.get("id")?,
        started: time(row.get("started")?)?,
        finished: time(row.get("finished")?)?,
        taken_at: time(row.get("taken_at")?)?,
        complete: row.get("complete")?,
        rules_digest: row.get("rules_digest")?,
        waivers_digest: row.get("waivers_digest")?,
        slices: Slices::read(row.get("slices")?)?,
        written: from_json("counts of what was written", row.get("written")?)?,
    })
}

/// A row of `findings`, with `last_seen` filled in.
///
/// Its columns are `id, opening, rule, severity, account, region, type, resource, denials, first_seen,
/// last_seen, resolved_at, resolution, bound, delay, event`.
pub(super) fn finding(row: &Row) -> Result<Finding, LedgerError> {
    let resolved = match row.get::<Option<i64>>("resolved_at")? {
        Some(at) => Some(Resolved { at: time(at)?, how: resolution(row.get("resolution")?)? }),
        None => None,
    };
    Ok(Finding {
        id: row.get("id")?,
        rule: RuleId::new(row.get::<String>("rule")?)?,
        severity: severity(row.get("severity")?)?,
        resource: key(row)?,
        denials: from_json("denials", row.get("denials")?)?,
        first_seen: time(row.get("first_seen")?)?,
        last_seen: time(row.get("last_seen")?)?,
        resolved,
        reopened: u32::try_from(row.get::<i64>("opening")?).unwrap_or(u32::MAX),
        detected: detected(row)?,
    })
}

/// The columns `bound, delay, event`.
fn detected(row: &Row) -> Result<Option<Detected>, LedgerError> {
    let Some(word) = row.get::<Option<&str>>("bound")? else { return Ok(None) };
    let known = DetectionBound::ALL.iter().copied().find(|bound| bound.name() == word);
    let bound = known.ok_or_else(|| InvalidId { text: word.to_owned(), expected: "a bound of detection" })?;
    let event = row.get::<Option<&str>>("event")?.map(|event| from_json("an API call", event)).transpose()?;
    Ok(Some(Detected { bound, delay_seconds: row.amount("delay")?, event }))
}
