//! Documents, and which resource had which of them from when to when.
//!
//! A document is kept once per content hash. A version ends when a scan saw another document, or
//! a whole list without the resource. A stale resource keeps its last good document, and so does
//! one that is out of scope.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::db::{Row, Transaction, Value as Bound, sql};
use super::lists::{LastWhole, gaps, listings};
use super::memory::Remembered;
use super::row::{from_json, time, to_json};
use super::{Ledger, LedgerError, ScanId, ScanRecord};
use crate::model::{
    AccountId, Pointer, Region, Resource, ResourceKey, ResourceType, SNAPSHOT_FORMAT, Snapshot, content_hash,
};
use crate::sli::State;

impl Ledger {
    /// The snapshot of the latest scan, with the latest version of every resource; `None` before
    /// the first scan.
    ///
    /// It also holds, as stale, resources that were in scope of an earlier scan and of which no
    /// list since then could tell whether they are still there.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn previous_snapshot(&self) -> Result<Option<Snapshot>, LedgerError> {
        let mut transaction = self.db.read().await?;
        let latest = transaction.first(sql("SELECT taken_at FROM scans ORDER BY id DESC LIMIT 1")).await?;
        let Some(latest) = latest else { return Ok(None) };
        let select = "SELECT documents.document, origin, stale_since FROM versions \
                      JOIN documents ON documents.hash = versions.document WHERE valid_to IS NULL";
        let rows = transaction.all(sql(select)).await?;
        let mut snapshot = Snapshot {
            format: SNAPSHOT_FORMAT,
            taken_at: time(latest.get("taken_at")?)?,
            listings: listings(&mut transaction).await?,
            resources: rows.iter().map(resource).collect::<Result<_, _>>()?,
            gaps: gaps(&mut transaction).await?,
        };
        snapshot.sort();
        Ok(Some(snapshot))
    }

    /// Where the previous snapshot holds resources of a type.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn places_of(&self, resource_type: ResourceType) -> Result<BTreeSet<(AccountId, Region)>, LedgerError> {
        let select = sql("SELECT DISTINCT account, region FROM versions WHERE valid_to IS NULL AND type = $1");
        let rows = self.db.read().await?.all(select.bind(resource_type.name())).await?;
        let place = |row: &Row| {
            let (account, region): (String, String) = (row.get("account")?, row.get("region")?);
            Ok((AccountId::new(account)?, Region::new(region)?))
        };
        rows.iter().map(place).collect()
    }
}

impl Ledger {
    /// The previous snapshot with the values last known in the place of those that were unknown.
    ///
    /// Drift is compared with this: a policy that could not be read for a while, and was changed
    /// meanwhile, shows as changed when it can be read again.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_known(&self, mut previous: Snapshot) -> Result<Snapshot, LedgerError> {
        let select = "SELECT documents.document, origin, stale_since FROM versions \
                      JOIN documents ON documents.hash = versions.last_known WHERE valid_to IS NULL";
        let rows = self.db.read().await?.all(sql(select)).await?;
        let mut known = HashMap::with_capacity(rows.len());
        for row in &rows {
            let resource = resource(row)?;
            known.insert(ResourceKey::from(&resource), resource);
        }
        for resource in &mut previous.resources {
            if let Some(known) = known.remove(&ResourceKey::from(&*resource)) {
                *resource = known;
            }
        }
        Ok(previous)
    }
}

/// A resource from its document, its origin and its staleness.
pub(super) fn resource(row: &Row) -> Result<Resource, LedgerError> {
    let mut document: Value = from_json("a document", row.get("document")?)?;
    document["origin"] = from_json("an origin", row.get("origin")?)?;
    if let Some(since) = row.get::<Option<i64>>("stale_since")? {
        document["stale_since"] = json!(time(since)?);
    }
    serde_json::from_value(document).map_err(|source| LedgerError::Stored { what: "a document", source })
}

/// What the latest version of a resource says besides its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) stale_since: Option<i64>,
    pub(super) in_scope: bool,
    pub(super) state: Option<State>,
}

/// What became of the versions.
pub(super) struct VersionsWritten<'a> {
    pub(super) documents: u64,
    pub(super) versions: u64,
    /// Whether a document may have lost its last resource.
    pub(super) ended: bool,
    /// Content hashes of the latest versions of what was read.
    pub(super) current: HashSet<&'a str>,
}

/// Writes what changed of the versions: `previous` is when the last scan was taken, and `whole` when each
/// list was whole last, up to then.
pub(super) async fn write_versions<'a>(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    record: &ScanRecord<'a>,
    (previous, whole): (Option<Timestamp>, &'a LastWhole),
) -> Result<VersionsWritten<'a>, LedgerError> {
    let mut plan = Plan::new(record, (previous, whole));
    recall(transaction, &mut plan).await?;
    let documents = insert_documents(transaction, &plan.documents).await?;
    for version in &plan.end {
        let end = sql("UPDATE versions SET valid_to = $1 WHERE id = $2");
        transaction.execute(end.bind(scan).bind(*version)).await?;
    }
    for (version, condition) in &plan.mark {
        mark(transaction, *version, *condition).await?;
    }
    insert_versions(transaction, (scan, record.snapshot.taken_at), &plan.begin).await?;
    Ok(VersionsWritten {
        documents,
        versions: (plan.end.len() + plan.mark.len() + plan.begin.len()) as u64,
        ended: !plan.end.is_empty(),
        current: plan.current,
    })
}

/// A version to begin.
struct Begin<'a> {
    resource: &'a Resource,
    document: &'a str,
    /// The document that holds the values known before; after [`recall`], the one that holds
    /// them in the unknown places of this.
    last_known: Option<String>,
    /// Of a resource that was not known: when a whole list last did not hold it.
    absent_at: Option<i64>,
    condition: Condition,
}

/// What has to be written.
#[derive(Default)]
struct Plan<'a> {
    documents: Vec<(String, Value, &'a Resource)>,
    begin: Vec<Begin<'a>>,
    end: Vec<i64>,
    mark: Vec<(i64, Condition)>,
    current: HashSet<&'a str>,
    whole: Option<&'a LastWhole>,
}

impl<'a> Plan<'a> {
    fn new(record: &ScanRecord<'a>, (previous, whole): (Option<Timestamp>, &'a LastWhole)) -> Self {
        let mut plan = Self { whole: Some(whole), ..Self::default() };
        let mut latest: HashMap<&ResourceKey, &'a Remembered> =
            record.memory.resources.iter().map(|latest| (&latest.key, latest)).collect();
        for (resource, document) in record.snapshot.resources.iter().zip(record.documents) {
            let key = ResourceKey::from(resource);
            let condition = Condition {
                stale_since: resource.stale_since.map(Timestamp::as_millisecond),
                in_scope: true,
                state: record.states.get(&key).copied(),
            };
            plan.add(resource, document, latest.remove(&key), condition);
        }
        let lists = record.snapshot.lists();
        let last_seen = previous.map(Timestamp::as_millisecond);
        for (key, latest) in latest {
            match lists.whole((&key.account, &key.region, key.resource_type, &key.id)) {
                Some(true) => plan.end.push(latest.version),
                in_scope => {
                    let stale_since = latest.condition.stale_since.or(last_seen);
                    plan.mark_if_other(latest, Condition { stale_since, in_scope: in_scope.is_some(), state: None });
                }
            }
        }
        plan
    }

    fn add(&mut self, resource: &'a Resource, hash: &'a str, latest: Option<&'a Remembered>, condition: Condition) {
        if let (Some(latest), Some(_)) = (latest, resource.stale_since) {
            self.current.insert(&latest.document);
            self.mark_if_other(latest, condition);
            return;
        }
        self.current.insert(hash);
        let (mut last_known, mut absent_at) = (None, None);
        match latest {
            Some(latest) if latest.document == hash => {
                self.mark_if_other(latest, condition);
                return;
            }
            Some(other) => {
                self.end.push(other.version);
                let known = || other.last_known.as_ref().unwrap_or(&other.document).clone();
                last_known = (!resource.unknown.is_empty()).then(known);
            }
            None => {
                let whole =
                    self.whole.and_then(|whole| whole.of(&resource.account, &resource.region, resource.resource_type));
                absent_at = whole.map(Timestamp::as_millisecond);
            }
        }
        self.documents.push((hash.to_owned(), resource.document(), resource));
        self.begin.push(Begin { resource, document: hash, last_known, absent_at, condition });
    }

    fn mark_if_other(&mut self, latest: &Remembered, condition: Condition) {
        if latest.condition != condition {
            self.mark.push((latest.version, condition));
        }
    }
}

/// Adds, for what begins with unknown places, the documents that hold what was known there.
async fn recall(transaction: &mut Transaction<'_>, plan: &mut Plan<'_>) -> Result<(), LedgerError> {
    for begin in plan.begin.iter_mut().filter(|begin| begin.last_known.is_some()) {
        let select = sql("SELECT document FROM documents WHERE hash = $1").bind(begin.last_known.take());
        let Some(known) = transaction.first(select).await? else { continue };
        let document = begin.resource.document();
        let filled = fill(document.clone(), &from_json("a document", known.get("document")?)?, &begin.resource.unknown);
        if filled != document {
            let hash = content_hash(&filled);
            begin.last_known = Some(hash.clone());
            plan.documents.push((hash, filled, begin.resource));
        }
    }
    Ok(())
}

/// A document with what was known before in its unknown places, where it was known.
fn fill(mut document: Value, known: &Value, unknown: &[Pointer]) -> Value {
    let still: Vec<Pointer> = serde_json::from_value(known["unknown"].clone()).unwrap_or_default();
    let (still, filled): (Vec<_>, Vec<_>) =
        unknown.iter().partition(|place| still.iter().any(|still| still.overlaps(place)));
    for place in filled {
        let Some((parent, name)) = place.as_str().rsplit_once('/') else { continue };
        if let (Some(Value::Object(parent)), Some(value)) = (document.pointer_mut(parent), place.resolve(known)) {
            parent.insert(name.replace("~1", "/").replace("~0", "~"), value.clone());
        }
    }
    document["unknown"] = json!(still);
    document
}

/// The columns `state` and `severity`.
pub(super) fn state(row: &Row) -> Result<Option<State>, LedgerError> {
    Ok(match row.get::<Option<&str>>("state")? {
        Some("pass") => Some(State::Pass),
        Some("waived") => Some(State::Waived),
        Some("unknown") => Some(State::Unknown),
        Some(_) => Some(State::Fail(super::row::severity(row.get("severity")?)?)),
        None => None,
    })
}

async fn mark(transaction: &mut Transaction<'_>, version: i64, condition: Condition) -> Result<(), LedgerError> {
    let update = "UPDATE versions SET stale_since = $1, in_scope = $2, state = $3, severity = $4 WHERE id = $5";
    transaction.execute(sql(update).bind_all(condition.values()).bind(version)).await?;
    Ok(())
}

impl Condition {
    /// The columns `stale_since, in_scope, state, severity`.
    fn values(self) -> [Bound; 4] {
        let severity = self.state.map(State::worst_severity);
        [self.stale_since.into(), self.in_scope.into(), self.state.map(State::name).into(), severity.into()]
    }
}

async fn insert_documents(
    transaction: &mut Transaction<'_>,
    documents: &[(String, Value, &Resource)],
) -> Result<u64, LedgerError> {
    let mut rows = Vec::with_capacity(documents.len());
    for (hash, document, resource) in documents {
        rows.push(vec![hash.into(), document.to_string().into(), to_json("an origin", &resource.origin)?.into()]);
    }
    let into = "INSERT INTO documents (hash, document, origin)";
    transaction.insert(into, rows, "ON CONFLICT (hash) DO NOTHING").await
}

async fn insert_versions(
    transaction: &mut Transaction<'_>,
    (scan, since): (ScanId, Timestamp),
    begin: &[Begin<'_>],
) -> Result<(), LedgerError> {
    let row = |Begin { resource, document, last_known, absent_at, condition }: &Begin<'_>| {
        let mut row: Vec<Bound> = vec![
            resource.account.as_str().into(),
            resource.region.as_str().into(),
            resource.resource_type.name().into(),
            resource.id.as_str().into(),
            (&resource.name).into(),
            (*document).into(),
            last_known.clone().into(),
            scan.into(),
            since.as_millisecond().into(),
            (*absent_at).into(),
        ];
        row.extend(condition.values());
        row
    };
    let into = "INSERT INTO versions (account, region, type, resource, name, document, last_known, valid_from, since, \
                absent_at, stale_since, in_scope, state, severity)";
    transaction.insert(into, begin.iter().map(row).collect(), "").await?;
    Ok(())
}
