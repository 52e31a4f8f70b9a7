//! What the rules said about documents, so that what did not change is not judged again.
//!
//! Verdicts are kept per content hash, before waivers, with the digest of the rule and, for a
//! rule that reads the date, the day. A document that no resource has any more loses them.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Row as _, SqliteConnection};

use super::row::{from_json, to_json};
use super::{Ledger, LedgerError};
use crate::model::{Rule, RuleId, Verdict};

/// SQLite takes 32,766 values per statement.
const HASHES_PER_QUERY: usize = 10_000;
const ROWS_PER_INSERT: usize = 1_000;

/// What one rule said about one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedVerdict {
    /// The rule.
    pub rule: RuleId,
    /// The rule's digest then.
    pub digest: String,
    /// The day, for a rule that reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// What it said.
    pub verdict: Verdict,
}

impl CachedVerdict {
    /// What `rule` says on that day, to be kept.
    #[must_use]
    pub fn new(rule: &Rule, today: Date, verdict: Verdict) -> Self {
        Self { rule: rule.id.clone(), digest: rule.digest.clone(), day: rule.reads_now.then_some(today), verdict }
    }
}

/// Everything the rules say about one document: it replaces what was kept about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Content hash of the document.
    pub document: String,
    /// One per rule.
    pub verdicts: Vec<CachedVerdict>,
}

/// The kept verdicts of some documents.
#[derive(Debug, Clone, Default)]
pub struct Verdicts(HashMap<String, Vec<CachedVerdict>>);

impl Verdicts {
    /// What this rule said about this document; `None` when the rule has changed since, or
    /// reads the date and that has.
    #[must_use]
    pub fn get(&self, document: &str, rule: &Rule, today: Date) -> Option<&Verdict> {
        let day = rule.reads_now.then_some(today);
        let current = |kept: &&CachedVerdict| kept.rule == rule.id && kept.digest == rule.digest && kept.day == day;
        self.0.get(document)?.iter().find(current).map(|kept| &kept.verdict)
    }

    /// What the rules last said about this document, whether they are the same still or not.
    #[must_use]
    pub fn of(&self, document: &str) -> &[CachedVerdict] {
        self.0.get(document).map_or(&[], Vec::as_slice)
    }

    /// Takes in the verdicts of other documents.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl Ledger {
    /// The kept verdicts of these documents, by content hash.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn verdicts(&self, documents: &[String]) -> Result<Verdicts, LedgerError> {
        let mut verdicts = HashMap::with_capacity(documents.len());
        for chunk in documents.chunks(HASHES_PER_QUERY) {
            let mut query = QueryBuilder::new("SELECT document, verdicts FROM verdicts WHERE document IN (");
            let mut hashes = query.separated(",");
            for hash in chunk {
                hashes.push_bind(hash);
            }
            query.push(")");
            for row in query.build().fetch_all(&self.pool).await? {
                verdicts.insert(row.try_get("document")?, from_json("verdicts", row.try_get("verdicts")?)?);
            }
        }
        Ok(Verdicts(verdicts))
    }
}

/// Keeps new verdicts of documents that some resource has now.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    judged: &[Judged],
    current: &HashSet<String>,
) -> Result<u64, LedgerError> {
    let mut rows = Vec::with_capacity(judged.len());
    for judged in judged.iter().filter(|judged| current.contains(&judged.document)) {
        rows.push((judged.document.as_str(), to_json("verdicts", &judged.verdicts)?));
    }
    let mut written = 0;
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let mut query = QueryBuilder::new("INSERT INTO verdicts (document, verdicts) ");
        query.push_values(chunk, |mut row, (document, verdicts)| {
            row.push_bind(document).push_bind(verdicts);
        });
        query.push(
            " ON CONFLICT (document) DO UPDATE SET verdicts = excluded.verdicts \
             WHERE verdicts.verdicts <> excluded.verdicts",
        );
        written += query.build().execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

/// Forgets the verdicts of documents that no resource has any more.
pub(super) async fn prune(connection: &mut SqliteConnection) -> Result<(), LedgerError> {
    sqlx::query(
        "DELETE FROM verdicts WHERE NOT EXISTS \
         (SELECT 1 FROM versions WHERE versions.document = verdicts.document AND versions.valid_to IS NULL)",
    )
    .execute(connection)
    .await?;
    Ok(())
}
