//! What was asked: counts by operation, region, account and answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

/// What the endpoint has seen since it started, or since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Counts, sorted.
    pub calls: Vec<CallCount>,
    /// Calls about each bucket, by its name.
    #[serde(default)]
    pub buckets: BTreeMap<String, u64>,
    /// Most requests that were open at the same time.
    pub max_in_flight: usize,
}

/// How often one operation got one answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallCount {
    /// `iam`, `sts`, `ec2`, `s3` or `s3control`.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Region the call was signed for.
    pub region: String,
    /// Account it was answered from; empty when the caller was not known.
    pub account: String,
    /// HTTP status; 0 when no answer was given.
    pub status: u16,
    /// Calls.
    pub count: u64,
}

impl Stats {
    /// All calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.calls.iter().map(|call| call.count).sum()
    }

    /// Calls of one service.
    #[must_use]
    pub fn of_service(&self, service: &str) -> u64 {
        self.calls.iter().filter(|call| call.service == service).map(|call| call.count).sum()
    }

    /// Calls of one operation.
    #[must_use]
    pub fn of(&self, service: &str, operation: &str) -> u64 {
        self.calls
            .iter()
            .filter(|call| call.service == service && call.operation == operation)
            .map(|call| call.count)
            .sum()
    }
}

/// What a count is kept by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) service: &'static str,
    pub(super) operation: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) status: u16,
}

/// The counts while they are being counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    calls: BTreeMap<Key, u64>,
    buckets: BTreeMap<String, u64>,
}

impl Counts {
    pub(super) fn add(&mut self, key: Key) {
        *self.calls.entry(key).or_default() += 1;
    }

    pub(super) fn add_bucket(&mut self, name: &str) {
        *self.buckets.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn published(&self, max_in_flight: usize) -> Stats {
        let calls = self.calls.iter().map(|(key, count)| CallCount {
            service: key.service.to_owned(),
            operation: key.operation.clone(),
            region: key.region.clone(),
            account: key.account.clone(),
            status: key.status,
            count: *count,
        });
        Stats { calls: calls.collect(), buckets: self.buckets.clone(), max_in_flight }
    }
}

/// How many requests are open.
#[derive(Debug, Default)]
pub(super) struct Load {
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Load {
    /// Counts a request as open until the guard is dropped, also when the client gives up.
    pub(super) fn enter(&self) -> Open<'_> {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(open, Ordering::Relaxed);
        Open(self)
    }

    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    pub(super) fn reset(&self) {
        self.most.store(0, Ordering::Relaxed);
    }
}

/// One open request.
pub(super) struct Open<'a>(&'a Load);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
