//! What is on show: replaced as a whole by the schedule, read by every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use super::schedule::Decisions;
use super::{Estate, ScanEntry, ScanFailure, Scanned};
use crate::ledger::FailedScan;
use crate::metrics::{Published, ReloadOutcome};

/// The most scans in the history.
const MOST_SCANS: usize = 1000;

/// Everything a request can show. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The values of the metrics page.
    pub(super) published: Arc<Published>,
    /// The detail of the last completed scan.
    pub(super) estate: Arc<Estate>,
    /// Scans that ended, latest first.
    pub(super) scans: Arc<Vec<ScanEntry>>,
    /// The last scan, if it brought no values.
    pub(super) failure: Option<Arc<LastFailure>>,
    /// When the running scan began, if one runs.
    pub(super) scanning_since: Option<Timestamp>,
}

/// The last scan, which brought no values.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LastFailure {
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) failure: ScanFailure,
}

/// The place where [`Shown`] hangs.
#[derive(Debug, Clone)]
pub(super) struct Board {
    shown: watch::Sender<Shown>,
    clock: Arc<Clock>,
}

impl Board {
    pub(super) fn new(mut first: Scanned) -> Self {
        let scans = std::mem::take(&mut first.estate.scans);
        let shown = Shown {
            published: Arc::new(first.published),
            estate: Arc::new(first.estate),
            scans: Arc::new(scans),
            failure: None,
            scanning_since: None,
        };
        Self { shown: watch::Sender::new(shown), clock: Arc::new(Clock::default()) }
    }

    /// What is on show, and the time at which it was looked at. Nothing is replaced between the
    /// two, so that [`Published::following`] sees every value that was shown.
    pub(super) fn look(&self) -> (Shown, Timestamp) {
        let shown = self.shown.borrow();
        (shown.clone(), self.clock.now())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn scan_began(&self, at: Timestamp) {
        self.shown.send_modify(|shown| shown.scanning_since = Some(at));
    }

    /// Shows what a scan found.
    pub(super) fn scan_completed(&self, mut scanned: Scanned) {
        self.shown.send_modify(|shown| {
            let now = self.clock.now();
            // Said once, when it begins; the page itself goes on saying it.
            if shown.published.folded(now).is_empty() {
                scanned.published.warn_of_folding(now);
            }
            let mut published = scanned.published.following(&shown.published, now);
            published.reload.clone_from(&shown.published.reload);
            shown.published = Arc::new(published);
            shown.scans = Arc::new(std::mem::take(&mut scanned.estate.scans));
            shown.estate = Arc::new(scanned.estate);
            shown.failure = None;
            shown.scanning_since = None;
        });
    }

    /// Goes on showing the last good values, and that a scan brought none.
    pub(super) fn scan_failed(&self, failed: &FailedScan, failure: ScanFailure) {
        self.shown.send_modify(|shown| {
            shown.published = Arc::new(shown.published.after_failure(&failure, failed.started, failed.finished));
            let earlier = shown.scans.iter().take(MOST_SCANS - 1).cloned();
            shown.scans = Arc::new(std::iter::once(ScanEntry::from(failed)).chain(earlier).collect());
            shown.failure = Some(Arc::new(LastFailure { at: failed.finished, failure }));
            shown.scanning_since = None;
        });
    }

    /// Shows what the gate has answered by now.
    pub(super) fn decided(&self, decisions: Decisions) {
        self.shown.send_if_modified(|shown| {
            let changed = shown.published.decisions != decisions;
            if changed {
                let mut published = Published::clone(&shown.published);
                published.decisions = decisions;
                shown.published = Arc::new(published);
            }
            changed
        });
    }

    pub(super) fn reloaded(&self, refused: Option<String>) {
        self.shown.send_modify(|shown| {
            let mut published = Published::clone(&shown.published);
            published.reload = Some(ReloadOutcome { at: self.clock.now(), refused });
            shown.published = Arc::new(published);
        });
    }
}

/// A wall clock that never goes back, because counters are drawn from it.
#[derive(Debug, Default)]
struct Clock {
    latest_microsecond: AtomicI64,
}

impl Clock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let latest = self.latest_microsecond.fetch_max(now.as_microsecond(), Ordering::AcqRel);
        Timestamp::from_microsecond(latest).map_or(now, |latest| latest.max(now))
    }
}
