//! What the rules said about documents, so that what did not change is not judged again.
//!
//! Verdicts are kept per content hash, before waivers, with the digest of the rule and, for a
//! rule that reads the date, the day. A document that no resource has any more loses them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::db::{Transaction, sql};
use super::row::{from_json, to_json};
use super::{Ledger, LedgerError};
use crate::model::{Rule, RuleId, Verdict};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
        let select = "SELECT document, verdicts FROM verdicts WHERE document IN";
        for row in self.db.read().await?.all_in(select, documents).await? {
            verdicts.insert(row.get("document")?, from_json("verdicts", row.get("verdicts")?)?);
        }
        Ok(Verdicts(verdicts))
    }
}

/// Keeps new verdicts of documents that some resource has now.
pub(super) async fn keep(
    transaction: &mut Transaction<'_>,
    judged: &[Judged],
    current: &HashSet<&str>,
) -> Result<u64, LedgerError> {
    let mut rows = BTreeMap::new();
    for judged in judged.iter().filter(|judged| current.contains(judged.document.as_str())) {
        rows.insert(judged.document.as_str(), to_json("verdicts", &judged.verdicts)?);
    }
    let rows = rows.into_iter().map(|(document, verdicts)| vec![document.into(), verdicts.into()]).collect();
    let then = "ON CONFLICT (document) DO UPDATE SET verdicts = excluded.verdicts \
                WHERE verdicts.verdicts <> excluded.verdicts";
    transaction.insert("INSERT INTO verdicts (document, verdicts)", rows, then).await
}

/// Forgets the verdicts of documents that no resource has any more.
pub(super) async fn prune(transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
    let delete = "DELETE FROM verdicts WHERE NOT EXISTS \
                  (SELECT 1 FROM versions WHERE versions.document = verdicts.document AND versions.valid_to IS NULL)";
    transaction.execute(sql(delete)).await?;
    Ok(())
}
