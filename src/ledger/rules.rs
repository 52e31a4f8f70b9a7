//! The rules of the latest scan. Whoever finds the file of one unreadable later knows from here
//! what it judged and how severely.

use std::collections::HashMap;

use sqlx::{Row as _, SqliteConnection};

use super::row::{from_json, to_json};
use super::{Ledger, LedgerError};
use crate::model::Rule;

impl Ledger {
    /// The rules that the latest scan judged by, sorted by id; none before the first scan.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn rules(&self) -> Result<Vec<Rule>, LedgerError> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT rule FROM rules ORDER BY id").fetch_all(&self.pool).await?;
        rows.iter().map(|rule| from_json("a rule", rule)).collect()
    }
}

/// Replaces the rules of the latest scan where they differ.
pub(super) async fn write_rules(connection: &mut SqliteConnection, rules: &[Rule]) -> Result<u64, LedgerError> {
    let mut stored = HashMap::new();
    for row in sqlx::query("SELECT id, rule FROM rules").fetch_all(&mut *connection).await? {
        stored.insert(row.try_get::<String, _>("id")?, row.try_get::<String, _>("rule")?);
    }
    let mut written = 0;
    for rule in rules {
        let json = to_json("a rule", rule)?;
        if stored.remove(rule.id.as_str()).as_ref() == Some(&json) {
            continue;
        }
        let upsert = "INSERT INTO rules (id, rule) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET rule = excluded.rule";
        let upsert = sqlx::query(upsert).bind(rule.id.as_str()).bind(json);
        written += upsert.execute(&mut *connection).await?.rows_affected();
    }
    for id in stored.keys() {
        let delete = sqlx::query("DELETE FROM rules WHERE id = ?").bind(id);
        written += delete.execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}
