//! The store of scans, documents, findings, changes and counters: the authority on what was known
//! when, and for how long.
//!
//! An SQLite file, or a PostgreSQL database; the same statements run on both. A scan is recorded in
//! one transaction, so a killed process leaves the previous scan as the latest; only what changed is
//! written. Reading needs nothing but [`Ledger::open`]; recording needs a [`Writer`], of which one
//! exists per ledger at a time.

mod check;
mod db;
mod detections;
mod error;
mod export;
mod lists;
mod memory;
mod open;
mod openings;
mod policy;
mod prune;
mod query;
mod record;
mod row;
mod rules;
mod slices;
mod steps;
mod tally;
mod verdicts;
mod versions;
mod window;
mod writer;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use detections::{Awaited, Detection, Earlier};
pub use error::LedgerError;
pub use lists::LastWhole;
pub use memory::{Memory, Remembered};
pub use policy::{
    DecisionRecord, Delivery, Notification, OverrideRecord, PolicyChange, PolicyStates, TransitionRecord,
};
pub use prune::Pruned;
pub use query::{ChangeRecord, FindingFilter, ResourceFilter, ResourceRecord, Version};
pub use slices::Slices;
pub use steps::{OpenedFinding, RecordedStep};
pub use verdicts::{CachedVerdict, Judged, Verdicts};
pub use writer::Writer;

use crate::explain::Stepped;
use crate::findings::Transition;
use crate::model::{Change, Evaluation, ResourceKey, Rule, Snapshot};
use crate::sli::{Assessment, Calls, Counters, EvaluationCounts, Standing, State};
use crate::slo::Measure;

/// An open ledger. Cheap to clone; all clones share the connections.
#[derive(Debug, Clone)]
pub struct Ledger {
    db: db::Db,
}

/// Number of a scan: 1, 2, 3 in the order of recording.
pub type ScanId = i64;

/// One scan as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Number.
    pub id: ScanId,
    /// When it began.
    pub started: Timestamp,
    /// When its verdict was there.
    pub finished: Timestamp,
    /// When collection began.
    pub taken_at: Timestamp,
    /// Whether everything asked for was read.
    pub complete: bool,
    /// Digest of the rules and their parameters.
    pub rules_digest: String,
    /// Digest of the waivers.
    pub waivers_digest: String,
    /// What it says about the estate.
    pub slices: Slices,
    /// What it wrote.
    pub written: Written,
}

/// The latest scan, with what a metrics page needs to go on counting from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastScan {
    /// The scan.
    pub scan: Scan,
    /// What it says about the estate, in full.
    pub assessment: Assessment,
    /// Its API calls.
    pub calls: Calls,
    /// What holds since then, and for how long.
    pub standing: Standing,
    /// The counters at the moment of `standing`.
    pub counters: Counters,
}

/// Everything one scan found out, ready to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct ScanRecord<'a> {
    /// When it began.
    pub started: Timestamp,
    /// When its verdict was there. Its states hold from here on.
    pub finished: Timestamp,
    /// The time between scans, of which the hold is made.
    pub interval: SignedDuration,
    /// What was read, with stale resources carried forward and facts derived.
    pub snapshot: &'a Snapshot,
    /// What the scan before left behind: only what differs from it is written.
    pub memory: &'a Memory,
    /// Content hash of each resource's document, in the order of the snapshot.
    pub documents: &'a [String],
    /// The state of each resource that a rule judges.
    pub states: &'a HashMap<ResourceKey, State>,
    /// What the rules say, after waivers.
    pub evaluations: &'a [Evaluation],
    /// The rules.
    pub rules: &'a [Rule],
    /// What the rules said, before waivers, about documents whose verdicts were not in the ledger.
    pub judged: &'a [Judged],
    /// How many evaluations were made and how many taken over.
    pub work: EvaluationCounts,
    /// What it says about the estate.
    pub assessment: &'a Assessment,
    /// Why the indicator moves with this scan; `None` for the first.
    pub stepped: Option<&'a Stepped>,
    /// What happened to findings; with `snapshot.taken_at` as their time.
    pub transitions: &'a [Transition],
    /// What became known of how long openings took: of this scan's, and of those still awaited.
    pub detections: &'a [Detection],
    /// Differences from the previous snapshot.
    pub changes: &'a [Change],
    /// Digest of the rules and their parameters.
    pub rules_digest: &'a str,
    /// Digest of the waivers.
    pub waivers_digest: &'a str,
    /// API calls made.
    pub calls: &'a Calls,
    /// What was measured for each objective, by the digest of its definition.
    pub measures: &'a [(String, Measure)],
}

/// How much one scan wrote. All zero for a scan that found nothing changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Written {
    /// Documents that the ledger did not have.
    pub documents: u64,
    /// Versions begun, ended, or marked as stale, out of scope or in another state.
    pub versions: u64,
    /// Documents whose verdicts were added or replaced.
    pub verdicts: u64,
    /// Findings opened, ended, or seen to fail differently.
    pub findings: u64,
    /// Changes.
    pub changes: u64,
    /// Listings and gaps, which are replaced when they differ.
    pub listings_and_gaps: u64,
    /// Rules added, replaced or taken away.
    pub rules: u64,
}

/// A scan that gave no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedScan {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// Why, in one word: a label.
    pub reason: String,
    /// Why, in full.
    pub message: String,
}
