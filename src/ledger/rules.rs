//! The rules of the latest scan. Whoever finds the file of one unreadable later knows from here
//! what it judged and how severely.

use std::collections::HashMap;

use super::db::{Row, Transaction, sql};
use super::row::{from_json, to_json};
use super::{Ledger, LedgerError};
use crate::model::Rule;

impl Ledger {
    /// The rules that the latest scan judged by, sorted by id; none before the first scan.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn rules(&self) -> Result<Vec<Rule>, LedgerError> {
        let rows = self.db.read().await?.all(sql("SELECT rule FROM rules ORDER BY id")).await?;
        let rule = |row: &Row| from_json("a rule", row.get("rule")?);
        rows.iter().map(rule).collect()
    }
}

/// Replaces the rules of the latest scan where they differ.
pub(super) async fn write_rules(transaction: &mut Transaction<'_>, rules: &[Rule]) -> Result<u64, LedgerError> {
    let mut stored = HashMap::new();
    for row in transaction.all(sql("SELECT id, rule FROM rules")).await? {
        stored.insert(row.get::<String>("id")?, row.get::<String>("rule")?);
    }
    let mut written = 0;
    for rule in rules {
        let json = to_json("a rule", rule)?;
        if stored.remove(rule.id.as_str()).as_ref() == Some(&json) {
            continue;
        }
        let upsert = "INSERT INTO rules (id, rule) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET rule = excluded.rule";
        written += transaction.execute(sql(upsert).bind(rule.id.as_str()).bind(json)).await?;
    }
    for id in stored.keys() {
        written += transaction.execute(sql("DELETE FROM rules WHERE id = $1").bind(id)).await?;
    }
    Ok(written)
}
