//! Between rows and the nouns of the model.

use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{LedgerError, Scan};
use crate::model::{
    AccountId, Finding, InvalidId, Region, Resolution, Resolved, ResourceId, ResourceKey, ResourceType, RuleId,
    Severity,
};

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
pub(super) fn key(row: &SqliteRow) -> Result<ResourceKey, LedgerError> {
    Ok(ResourceKey {
        account: AccountId::new(row.try_get::<String, _>("account")?)?,
        region: Region::new(row.try_get::<String, _>("region")?)?,
        resource_type: ResourceType::from_str(row.try_get("type")?)?,
        id: ResourceId::new(row.try_get::<String, _>("resource")?)?,
    })
}

/// A row of `scans`.
pub(super) fn scan(row: &SqliteRow) -> Result<Scan, LedgerError> {
    Ok(Scan {
        id: row.try_get("id")?,
        started: time(row.try_get("started")?)?,
        finished: time(row.try_get("finished")?)?,
        taken_at: time(row.try_get("taken_at")?)?,
        complete: row.try_get("complete")?,
        rules_digest: row.try_get("rules_digest")?,
        waivers_digest: row.try_get("waivers_digest")?,
        assessment: from_json("an assessment", row.try_get("assessment")?)?,
        calls: from_json("call counts", row.try_get("calls")?)?,
        written: from_json("counts of what was written", row.try_get("written")?)?,
    })
}

/// A row of `findings`, with `last_seen` filled in.
pub(super) fn finding(row: &SqliteRow) -> Result<Finding, LedgerError> {
    let resolved = match row.try_get::<Option<i64>, _>("resolved_at")? {
        Some(at) => Some(Resolved { at: time(at)?, how: resolution(row.try_get("resolution")?)? }),
        None => None,
    };
    Ok(Finding {
        id: row.try_get("id")?,
        rule: RuleId::new(row.try_get::<String, _>("rule")?)?,
        severity: severity(row.try_get("severity")?)?,
        resource: key(row)?,
        denials: from_json("denials", row.try_get("denials")?)?,
        first_seen: time(row.try_get("first_seen")?)?,
        last_seen: time(row.try_get("last_seen")?)?,
        resolved,
        reopened: row.try_get("opening")?,
    })
}
