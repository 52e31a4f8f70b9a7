//! What the latest scan left behind, read once: the next one is compared with it, and recording it
//! writes only what differs.

use std::collections::{HashMap, HashSet};

use super::db::{Row, Transaction, sql};
use super::row::{finding, key};
use super::versions::{Condition, state};
use super::{Ledger, LedgerError, ScanId};
use crate::findings::{Event, Transition};
use crate::model::{Finding, ResourceKey};
use crate::sli::State;

/// The estate as the latest scan left it. Read it while holding the right to record: a scan is recorded
/// only after the one that its memory is of.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The scan; `None` before the first.
    pub(super) scan: Option<ScanId>,
    /// The latest version of every resource, of those out of scope too, in no order.
    pub(super) resources: Vec<Remembered>,
    /// Findings that are open, in no order.
    pub(super) open: Vec<Finding>,
    /// Ids of those that the latest scan did not see.
    pub(super) unseen: HashSet<String>,
}

/// A resource as the latest scan left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Which one.
    pub key: ResourceKey,
    /// Content hash of its document.
    pub document: String,
    /// The row of this version.
    pub(super) version: i64,
    /// Content hash of the document with what was last known in the unknown places of this one.
    pub(super) last_known: Option<String>,
    pub(super) condition: Condition,
}

impl Remembered {
    /// Whether it could not be listed.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.condition.stale_since.is_some()
    }

    /// Its state; `None` when no rule judges it.
    #[must_use]
    pub const fn state(&self) -> Option<State> {
        self.condition.state
    }
}

impl Memory {
    /// The resources in scope of the scan, in no order.
    pub fn resources(&self) -> impl Iterator<Item = &Remembered> {
        self.resources.iter().filter(|remembered| remembered.condition.in_scope)
    }

    /// The findings that are open after the scan, in no order.
    #[must_use]
    pub fn open(&self) -> &[Finding] {
        &self.open
    }

    /// The findings that are open after the next scan, of which these are the transitions, in no order.
    /// One that no transition is about stays as it is.
    pub fn open_after<'a>(&'a self, transitions: &'a [Transition]) -> impl Iterator<Item = &'a Finding> {
        let touched: HashSet<&str> = transitions.iter().map(|transition| transition.finding.id.as_str()).collect();
        let untouched = self.open.iter().filter(move |finding| !touched.contains(finding.id.as_str()));
        let is_open = |transition: &&Transition| transition.event != Event::Resolved;
        transitions.iter().filter(is_open).map(|transition| &transition.finding).chain(untouched)
    }
}

impl Ledger {
    /// What the latest scan left behind; nothing before the first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn memory(&self) -> Result<Memory, LedgerError> {
        let mut transaction = self.db.read().await?;
        let latest = transaction.first(sql("SELECT id, taken_at FROM scans ORDER BY id DESC LIMIT 1")).await?;
        let Some(latest) = latest else { return Ok(Memory::default()) };
        let resources = resources(&mut transaction).await?;
        let (open, unseen) = open(&mut transaction, latest.get("taken_at")?).await?;
        Ok(Memory { scan: Some(latest.get("id")?), resources, open, unseen })
    }

    /// How many openings each of these findings had that ended, for those that had any.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn openings_of(&self, ids: &[String]) -> Result<HashMap<String, u32>, LedgerError> {
        let mut openings: HashMap<String, u32> = HashMap::new();
        if ids.is_empty() {
            return Ok(openings);
        }
        let select = "SELECT id, opening FROM findings WHERE resolved_at IS NOT NULL AND id IN";
        for row in self.db.read().await?.all_in(select, ids).await? {
            let number = u32::try_from(row.get::<i64>("opening")?).unwrap_or(u32::MAX).saturating_add(1);
            let most = openings.entry(row.get("id")?).or_default();
            *most = number.max(*most);
        }
        Ok(openings)
    }
}

async fn resources(transaction: &mut Transaction<'_>) -> Result<Vec<Remembered>, LedgerError> {
    let select = "SELECT id, account, region, type, resource, document, last_known, stale_since, in_scope, state, \
                  severity FROM versions WHERE valid_to IS NULL";
    let rows = transaction.all(sql(select)).await?;
    rows.iter().map(remembered).collect()
}

fn remembered(row: &Row) -> Result<Remembered, LedgerError> {
    Ok(Remembered {
        key: key(row)?,
        document: row.get("document")?,
        version: row.get("id")?,
        last_known: row.get("last_known")?,
        condition: Condition {
            stale_since: row.get("stale_since")?,
            in_scope: row.get("in_scope")?,
            state: state(row)?,
        },
    })
}

/// The open findings, and the ids of those that the latest scan, taken at that moment, did not see.
async fn open(
    transaction: &mut Transaction<'_>,
    taken_at: i64,
) -> Result<(Vec<Finding>, HashSet<String>), LedgerError> {
    let select = sql("SELECT id, opening, rule, severity, account, region, type, resource, denials, first_seen, \
         coalesce(last_seen, $1) AS last_seen, last_seen IS NULL AS seen, resolved_at, resolution, bound, delay, \
         event FROM findings WHERE resolved_at IS NULL");
    let rows = transaction.all(select.bind(taken_at)).await?;
    let (mut open, mut unseen) = (Vec::with_capacity(rows.len()), HashSet::new());
    for row in &rows {
        let finding = finding(row)?;
        if !row.get::<bool>("seen")? {
            unseen.insert(finding.id.clone());
        }
        open.push(finding);
    }
    Ok((open, unseen))
}
