//! Findings as stored: one row for each opening, written only when something about it changes.
//!
//! An opening that each scan sees has no `last_seen` of its own: it is that of the latest scan.

use std::collections::HashMap;

use jiff::Timestamp;

use super::db::{Transaction, Value, sql};
use super::row::to_json;
use super::{LedgerError, ScanRecord};
use crate::explain::Cause;
use crate::findings::{Event, Transition};
use crate::model::Finding;

/// Writes what the transitions change. `previous` is when the last scan was taken: the moment at
/// which what is seen no longer was last seen.
pub(super) async fn write_findings(
    transaction: &mut Transaction<'_>,
    record: &ScanRecord<'_>,
    previous: Option<Timestamp>,
) -> Result<u64, LedgerError> {
    let mut open: HashMap<&str, &Finding> =
        record.memory.open.iter().map(|finding| (finding.id.as_str(), finding)).collect();
    let was_seen = |id: &str| !record.memory.unseen.contains(id);
    let (mut written, mut begun) = (0, Vec::new());
    let cause = |finding: &Finding| record.stepped.and_then(|stepped| stepped.causes.get(&finding.id)).copied();
    for Transition { event, finding } in record.transitions {
        let before = open.remove(finding.id.as_str());
        written += match event {
            Event::Opened | Event::Reopened => {
                begun.push(opening(finding, cause(finding))?);
                0
            }
            Event::Resolved => resolve_finding(transaction, finding, previous).await?,
            Event::Seen if before.is_some_and(|before| was_seen(&finding.id) && is_same(before, finding)) => 0,
            Event::Seen => see_finding(transaction, finding).await?,
        };
    }
    for id in open.into_keys().filter(|id| was_seen(id)) {
        let update = sql("UPDATE findings SET last_seen = $1 WHERE id = $2 AND resolved_at IS NULL");
        let update = update.bind(previous.map(Timestamp::as_millisecond)).bind(id);
        written += transaction.execute(update).await?;
    }
    let into = "INSERT INTO findings (id, opening, rule, severity, account, region, type, resource, denials, \
                first_seen, cause)";
    Ok(written + transaction.insert(into, begun, "").await?)
}

/// Whether it fails as it did.
fn is_same(before: &Finding, now: &Finding) -> bool {
    before.severity == now.severity && before.denials == now.denials
}

/// The row of an opening that begins.
fn opening(finding: &Finding, cause: Option<Cause>) -> Result<Vec<Value>, LedgerError> {
    Ok(vec![
        (&finding.id).into(),
        finding.reopened.into(),
        finding.rule.as_str().into(),
        finding.severity.name().into(),
        finding.resource.account.as_str().into(),
        finding.resource.region.as_str().into(),
        finding.resource.resource_type.name().into(),
        finding.resource.id.as_str().into(),
        to_json("denials", &finding.denials)?.into(),
        finding.first_seen.as_millisecond().into(),
        cause.map(Cause::name).into(),
    ])
}

async fn resolve_finding(
    transaction: &mut Transaction<'_>,
    finding: &Finding,
    previous: Option<Timestamp>,
) -> Result<u64, LedgerError> {
    let update = sql("UPDATE findings SET resolved_at = $1, resolution = $2, last_seen = coalesce(last_seen, $3) \
         WHERE id = $4 AND resolved_at IS NULL")
    .bind(finding.resolved.as_ref().map(|resolved| resolved.at.as_millisecond()))
    .bind(finding.resolved.as_ref().map(|resolved| resolved.how.name()))
    .bind(previous.map(Timestamp::as_millisecond))
    .bind(&finding.id);
    transaction.execute(update).await
}

async fn see_finding(transaction: &mut Transaction<'_>, finding: &Finding) -> Result<u64, LedgerError> {
    let update =
        sql("UPDATE findings SET severity = $1, denials = $2, last_seen = NULL WHERE id = $3 AND resolved_at IS NULL")
            .bind(finding.severity.name())
            .bind(to_json("denials", &finding.denials)?)
            .bind(&finding.id);
    transaction.execute(update).await
}
