//! `/api/v1/sli`: how much fails, how much of it was seen, and how old that is.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;

use super::States;
use crate::metrics::{self, Published, ScanFailure, ScanValues};
use crate::server::board::Board;

/// The indicator with its coverage and its age.
#[derive(Debug, Serialize)]
pub(super) struct Sli {
    /// When the scan ended that the values are from; null before the first.
    as_of: Option<Timestamp>,
    age_seconds: Option<u64>,
    hold_seconds: u64,
    /// Whether the values are still taken to hold.
    held: bool,
    /// Share of valid resources that comply; null when nothing is valid.
    compliance: Option<f64>,
    /// Share of expected resources that are known; null when nothing is expected.
    coverage: Option<f64>,
    /// Share of expected resources that fail or are unknown: the conservative bound.
    failing_or_unknown: Option<f64>,
    expected: u64,
    known: u64,
    states: States,
    by_service: BTreeMap<String, States>,
    by_account: BTreeMap<String, States>,
    by_region: BTreeMap<String, States>,
    by_rule: BTreeMap<String, BTreeMap<&'static str, u64>>,
    rules_digest: String,
    /// The last scan, when it brought no values; null when it did.
    last_failure: Option<Failure>,
}

#[derive(Debug, Serialize)]
struct Failure {
    at: Timestamp,
    #[serde(flatten)]
    failure: ScanFailure,
}

pub(super) async fn sli(State(board): State<Board>) -> Json<Sli> {
    let (shown, now) = board.look();
    let mut sli = Sli::of(&shown.published, now);
    sli.last_failure =
        shown.failure.as_ref().map(|failed| Failure { at: failed.ended, failure: failed.failure.clone() });
    Json(sli)
}

impl Sli {
    fn of(published: &Published, now: Timestamp) -> Self {
        let scan = published.scan.as_ref();
        let mut by_rule: BTreeMap<String, BTreeMap<&'static str, u64>> = BTreeMap::new();
        for ((rule, result), &count) in scan.iter().flat_map(|scan| &scan.evaluations) {
            by_rule.entry(rule.to_string()).or_default().insert(result, count);
        }
        Self {
            as_of: scan.map(|scan| scan.as_of),
            age_seconds: published.age(now).map(|age| age.as_secs()),
            hold_seconds: published.hold.as_secs(),
            held: published.is_held(now),
            compliance: scan.and_then(ScanValues::compliance),
            coverage: scan.and_then(ScanValues::coverage),
            failing_or_unknown: scan.and_then(ScanValues::bound),
            expected: scan.map_or(0, |scan| scan.expected),
            known: scan.map_or(0, |scan| scan.known),
            states: summed(scan.into_iter().flat_map(ScanValues::states).map(|(state, count)| ((), state, count)))
                .remove(&())
                .unwrap_or_default(),
            by_service: summed(
                scan.iter().flat_map(|scan| &scan.by_service).map(|(key, &count)| (key.0.to_string(), key.1, count)),
            ),
            by_account: summed(
                scan.iter().flat_map(|scan| &scan.by_account).map(|(key, &count)| (key.0.to_string(), key.1, count)),
            ),
            by_region: summed(
                scan.iter().flat_map(|scan| &scan.by_region).map(|(key, &count)| (key.0.to_string(), key.2, count)),
            ),
            by_rule,
            rules_digest: published.build.rules_digest.clone(),
            last_failure: None,
        }
    }
}

/// Counts by state, added up per group.
fn summed<K: Ord>(counts: impl Iterator<Item = (K, metrics::State, u64)>) -> BTreeMap<K, States> {
    let mut groups: BTreeMap<K, States> = BTreeMap::new();
    for (group, state, count) in counts {
        groups.entry(group).or_default().add(state, count);
    }
    groups
}
