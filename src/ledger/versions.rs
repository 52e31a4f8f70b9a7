//! Documents, and which resource had which of them from when to when.
//!
//! A document is kept once per content hash. A version ends when a scan saw another document, or
//! a whole list without the resource. A stale resource keeps its last good document, and so does
//! one that is out of scope.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::lists::{gaps, listings};
use super::row::{from_json, key, time, to_json};
use super::{Ledger, LedgerError, ScanId};
use crate::model::{
    AccountId, Pointer, Region, Resource, ResourceKey, ResourceType, SNAPSHOT_FORMAT, Snapshot, content_hash,
};
use crate::sli::State;

const ROWS_PER_INSERT: usize = 1_000;

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
        let mut transaction = self.pool.begin().await?;
        let latest: Option<i64> = sqlx::query_scalar("SELECT taken_at FROM scans ORDER BY id DESC LIMIT 1")
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(latest) = latest else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT documents.document, origin, stale_since FROM versions \
             JOIN documents ON documents.hash = versions.document WHERE valid_to IS NULL",
        )
        .fetch_all(&mut *transaction)
        .await?;
        let mut snapshot = Snapshot {
            format: SNAPSHOT_FORMAT,
            taken_at: time(latest)?,
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
        let rows = sqlx::query("SELECT DISTINCT account, region FROM versions WHERE valid_to IS NULL AND type = ?")
            .bind(resource_type.name())
            .fetch_all(&self.pool)
            .await?;
        let place = |row: &SqliteRow| {
            let (account, region): (String, String) = (row.try_get("account")?, row.try_get("region")?);
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
        let rows = sqlx::query(
            "SELECT documents.document, origin, stale_since FROM versions \
             JOIN documents ON documents.hash = versions.last_known WHERE valid_to IS NULL",
        )
        .fetch_all(&self.pool)
        .await?;
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
fn resource(row: &SqliteRow) -> Result<Resource, LedgerError> {
    let mut document: Value = from_json("a document", row.try_get("document")?)?;
    document["origin"] = from_json("an origin", row.try_get("origin")?)?;
    if let Some(since) = row.try_get::<Option<i64>, _>("stale_since")? {
        document["stale_since"] = json!(time(since)?);
    }
    serde_json::from_value(document).map_err(|source| LedgerError::Stored { what: "a document", source })
}

/// What the latest version of a resource says besides its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Condition {
    stale_since: Option<i64>,
    in_scope: bool,
    state: Option<State>,
}

/// The latest version of a resource as stored.
struct Latest {
    version: i64,
    document: String,
    last_known: Option<String>,
    condition: Condition,
}

/// What became of the versions.
pub(super) struct VersionsWritten {
    pub(super) documents: u64,
    pub(super) versions: u64,
    /// Whether a document may have lost its last resource.
    pub(super) ended: bool,
    /// Content hashes of the latest versions of what was read.
    pub(super) current: HashSet<String>,
}

/// Writes what changed of the versions: `previous` is when the last scan was taken.
pub(super) async fn write_versions(
    connection: &mut SqliteConnection,
    scan: ScanId,
    snapshot: &Snapshot,
    states: &HashMap<ResourceKey, State>,
    previous: Option<Timestamp>,
) -> Result<VersionsWritten, LedgerError> {
    let mut plan = Plan::new(latest(connection).await?, snapshot, states, previous);
    recall(connection, &mut plan).await?;
    let documents = insert_documents(connection, &plan.documents).await?;
    for version in &plan.end {
        sqlx::query("UPDATE versions SET valid_to = ? WHERE id = ?")
            .bind(scan)
            .bind(version)
            .execute(&mut *connection)
            .await?;
    }
    for (version, condition) in &plan.mark {
        mark(connection, *version, *condition).await?;
    }
    insert_versions(connection, scan, &plan.begin).await?;
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
    document: String,
    /// The document that holds the values known before; after [`recall`], the one that holds
    /// them in the unknown places of this.
    last_known: Option<String>,
    condition: Condition,
}

/// What has to be written.
#[derive(Default)]
struct Plan<'a> {
    documents: Vec<(String, Value, &'a Resource)>,
    begin: Vec<Begin<'a>>,
    end: Vec<i64>,
    mark: Vec<(i64, Condition)>,
    current: HashSet<String>,
}

impl<'a> Plan<'a> {
    fn new(
        mut latest: HashMap<ResourceKey, Latest>,
        snapshot: &'a Snapshot,
        states: &HashMap<ResourceKey, State>,
        previous: Option<Timestamp>,
    ) -> Self {
        let mut plan = Self::default();
        for resource in &snapshot.resources {
            let key = ResourceKey::from(resource);
            let condition = Condition {
                stale_since: resource.stale_since.map(Timestamp::as_millisecond),
                in_scope: true,
                state: states.get(&key).copied(),
            };
            plan.add(resource, latest.remove(&key), condition);
        }
        let lists = snapshot.lists();
        let last_seen = previous.map(Timestamp::as_millisecond);
        for (key, latest) in latest {
            match lists.whole((&key.account, &key.region, key.resource_type, &key.id)) {
                Some(true) => plan.end.push(latest.version),
                in_scope => {
                    let stale_since = latest.condition.stale_since.or(last_seen);
                    plan.mark_if_other(&latest, Condition { stale_since, in_scope: in_scope.is_some(), state: None });
                }
            }
        }
        plan
    }

    fn add(&mut self, resource: &'a Resource, latest: Option<Latest>, condition: Condition) {
        if let (Some(latest), Some(_)) = (&latest, resource.stale_since) {
            self.current.insert(latest.document.clone());
            self.mark_if_other(latest, condition);
            return;
        }
        let document = resource.document();
        let hash = content_hash(&document);
        self.current.insert(hash.clone());
        let mut last_known = None;
        match latest {
            Some(latest) if latest.document == hash => {
                self.mark_if_other(&latest, condition);
                return;
            }
            Some(other) => {
                self.end.push(other.version);
                last_known = (!resource.unknown.is_empty()).then(|| other.last_known.unwrap_or(other.document));
            }
            None => {}
        }
        self.documents.push((hash.clone(), document, resource));
        self.begin.push(Begin { resource, document: hash, last_known, condition });
    }

    fn mark_if_other(&mut self, latest: &Latest, condition: Condition) {
        if latest.condition != condition {
            self.mark.push((latest.version, condition));
        }
    }
}

/// Adds, for what begins with unknown places, the documents that hold what was known there.
async fn recall(connection: &mut SqliteConnection, plan: &mut Plan<'_>) -> Result<(), LedgerError> {
    for begin in plan.begin.iter_mut().filter(|begin| begin.last_known.is_some()) {
        let known: String = sqlx::query_scalar("SELECT document FROM documents WHERE hash = ?")
            .bind(begin.last_known.take())
            .fetch_one(&mut *connection)
            .await?;
        let document = begin.resource.document();
        let filled = fill(document.clone(), &from_json("a document", &known)?, &begin.resource.unknown);
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

async fn latest(connection: &mut SqliteConnection) -> Result<HashMap<ResourceKey, Latest>, LedgerError> {
    let rows = sqlx::query(
        "SELECT id, account, region, type, resource, document, last_known, stale_since, in_scope, state, severity \
         FROM versions WHERE valid_to IS NULL",
    )
    .fetch_all(connection)
    .await?;
    let mut latest = HashMap::with_capacity(rows.len());
    for row in &rows {
        let condition = Condition {
            stale_since: row.try_get("stale_since")?,
            in_scope: row.try_get("in_scope")?,
            state: state(row)?,
        };
        let version = Latest {
            version: row.try_get("id")?,
            document: row.try_get("document")?,
            last_known: row.try_get("last_known")?,
            condition,
        };
        latest.insert(key(row)?, version);
    }
    Ok(latest)
}

/// The columns `state` and `severity`.
pub(super) fn state(row: &SqliteRow) -> Result<Option<State>, LedgerError> {
    Ok(match row.try_get::<Option<&str>, _>("state")? {
        Some("pass") => Some(State::Pass),
        Some("waived") => Some(State::Waived),
        Some("unknown") => Some(State::Unknown),
        Some(_) => Some(State::Fail(super::row::severity(row.try_get("severity")?)?)),
        None => None,
    })
}

async fn mark(connection: &mut SqliteConnection, version: i64, condition: Condition) -> Result<(), LedgerError> {
    sqlx::query("UPDATE versions SET stale_since = ?, in_scope = ?, state = ?, severity = ? WHERE id = ?")
        .bind(condition.stale_since)
        .bind(condition.in_scope)
        .bind(condition.state.map(State::name))
        .bind(condition.state.map(State::worst_severity))
        .bind(version)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_documents(
    connection: &mut SqliteConnection,
    documents: &[(String, Value, &Resource)],
) -> Result<u64, LedgerError> {
    let mut written = 0;
    for chunk in documents.chunks(ROWS_PER_INSERT) {
        let mut rows = Vec::with_capacity(chunk.len());
        for (hash, document, resource) in chunk {
            rows.push((hash, document.to_string(), to_json("an origin", &resource.origin)?));
        }
        let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO documents (hash, document, origin) ");
        query.push_values(rows, |mut row, (hash, document, origin)| {
            row.push_bind(hash).push_bind(document).push_bind(origin);
        });
        query.push(" ON CONFLICT (hash) DO NOTHING");
        written += query.build().execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

async fn insert_versions(
    connection: &mut SqliteConnection,
    scan: ScanId,
    begin: &[Begin<'_>],
) -> Result<(), LedgerError> {
    for chunk in begin.chunks(ROWS_PER_INSERT) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO versions (account, region, type, resource, name, document, last_known, valid_from, stale_since, \
             in_scope, state, severity) ",
        );
        query.push_values(chunk, |mut row, Begin { resource, document, last_known, condition }| {
            row.push_bind(resource.account.as_str())
                .push_bind(resource.region.as_str())
                .push_bind(resource.resource_type.name())
                .push_bind(resource.id.as_str())
                .push_bind(&resource.name)
                .push_bind(document)
                .push_bind(last_known)
                .push_bind(scan)
                .push_bind(condition.stale_since)
                .push_bind(condition.in_scope)
                .push_bind(condition.state.map(State::name))
                .push_bind(condition.state.map(State::worst_severity));
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}
