//! The store of scans, documents, findings, changes and counters: the authority on what was known
//! when, and for how long.
//!
//! One SQLite file. A scan is recorded in one transaction, so a killed process leaves the
//! previous scan as the latest; only what changed is written. Reading needs nothing but
//! [`Ledger::open`]; recording needs a [`Writer`], of which one exists per file at a time.

mod lists;
mod open;
mod openings;
mod query;
mod record;
mod row;
mod rules;
mod steps;
mod verdicts;
mod versions;
mod window;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use open::Writer;
pub use query::{ChangeRecord, FindingFilter, ResourceFilter, ResourceRecord, Version};
pub use steps::{OpenedFinding, RecordedStep, Remembered};
pub use verdicts::{CachedVerdict, Judged, Verdicts};

use crate::explain::Stepped;
use crate::findings::Transition;
use crate::model::{Change, Evaluation, Rule, Snapshot};
use crate::sli::{Assessment, Calls, Counters, EvaluationCounts, Standing};

/// An open ledger. Cheap to clone; all clones share the connections.
#[derive(Debug, Clone)]
pub struct Ledger {
    pool: sqlx::SqlitePool,
    path: PathBuf,
}

impl Ledger {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
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
    pub assessment: Assessment,
    /// Its API calls.
    pub calls: Calls,
    /// What it wrote.
    pub written: Written,
}

/// The latest scan, with what a metrics page needs to go on counting from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastScan {
    /// The scan.
    pub scan: Scan,
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
    /// Differences from the previous snapshot.
    pub changes: &'a [Change],
    /// Digest of the rules and their parameters.
    pub rules_digest: &'a str,
    /// Digest of the waivers.
    pub waivers_digest: &'a str,
    /// API calls made.
    pub calls: &'a Calls,
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

/// What prevents the ledger from being read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or created.
    #[error("cannot open the ledger {}\nhelp: the directory must exist and be writable for this user", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The lock beside the file cannot be created.
    #[error("cannot lock the ledger {}\nhelp: its directory must be writable for this user", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{} is not a ledger\nhelp: name another file, or one that does not exist yet", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the ledger {} is damaged: {message}\nhelp: put back a copy, or move the file away to begin a new ledger",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A newer program wrote it.
    #[error(
        "the ledger {} has schema {found}, and this program knows schemas up to {known}\n\
         help: use the version of plimsoll that wrote it, or a newer one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema it has.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// Someone else is writing.
    #[error(
        "the ledger {} has been in use by {holder} for the {} s that we waited\n\
         help: wait until that scan ends, or end that process",
        path.display(), waited.as_secs()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// Who, in their own words.
        holder: String,
        /// How long we waited.
        waited: Duration,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the ledger {} up to date", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// A query failed.
    #[error("cannot read or write the ledger")]
    Query(#[from] sqlx::Error),
    /// A stored value does not have its form.
    #[error("the ledger holds {what} that this program cannot read")]
    Stored {
        /// What kind of value.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A stored identifier does not have its form.
    #[error("the ledger holds an identifier that this program cannot read")]
    StoredId(#[from] crate::model::InvalidId),
    /// A stored time is outside what a timestamp can hold.
    #[error("the ledger holds a time that this program cannot read")]
    StoredTime(#[from] jiff::Error),
}

#[cfg(test)]
mod tests;
