//! How long things took, as cumulative counts by length: what a Prometheus histogram is made of.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Upper bounds of the buckets for the delay of detection, in seconds: from a minute to a week.
pub const DETECTION_BUCKETS: &[u64] =
    &[MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY];

/// Upper bounds of the buckets for the time to remediate, in seconds: from an hour to a quarter.
pub const REMEDIATION_BUCKETS: &[u64] =
    &[HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY];

/// One observation that stands for others like it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemplar {
    /// Id of the finding.
    pub finding: String,
    /// What was observed, in milliseconds for a length of time, else a number.
    pub value: u64,
    /// When.
    pub at: Timestamp,
}

/// Cumulative counts of lengths of time, since the ledger began.
///
/// Each observation is kept under the bound it was counted below, so that bounds may change between
/// versions of the program and no count is lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Histogram {
    /// Observations by the bound of their own bucket, in seconds.
    buckets: BTreeMap<u64, Bucket>,
    /// Those above every bound.
    beyond: Bucket,
    /// The sum of all, in milliseconds.
    sum: u64,
}

/// The observations of one bucket alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Bucket {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemplar: Option<Exemplar>,
}

/// One bucket as it is published: all observations up to its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cumulative<'a> {
    /// The bound, in seconds; `None` for the last one, which has none.
    pub bound: Option<u64>,
    /// Observations of at most the bound.
    pub count: u64,
    /// The latest of those that are above the bound before.
    pub exemplar: Option<&'a Exemplar>,
}

impl Histogram {
    /// Counts one length of time below the least of these bounds that holds it. One that is
    /// negative, since a clock went back, counts as none.
    pub fn observe(&mut self, bounds: &[u64], took: SignedDuration, finding: &str, at: Timestamp) {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(0);
        let bound = bounds.iter().find(|bound| milliseconds <= bound.saturating_mul(1000));
        let bucket = match bound {
            Some(bound) => self.buckets.entry(*bound).or_default(),
            None => &mut self.beyond,
        };
        bucket.count += 1;
        bucket.exemplar = Some(Exemplar { finding: finding.to_owned(), value: milliseconds, at });
        self.sum = self.sum.saturating_add(milliseconds);
    }

    /// The buckets for these bounds, ascending, and the one without bound; counts include those of
    /// all buckets before.
    #[must_use]
    pub fn cumulative<'a>(&'a self, bounds: &[u64]) -> Vec<Cumulative<'a>> {
        let mut cumulative = Vec::with_capacity(bounds.len() + 1);
        let (mut count, mut below) = (0, 0);
        for &bound in bounds {
            let own = self.buckets.range(below..=bound);
            let mut exemplar = None;
            for (_, bucket) in own {
                count += bucket.count;
                exemplar = bucket.exemplar.as_ref().or(exemplar);
            }
            cumulative.push(Cumulative { bound: Some(bound), count, exemplar });
            below = bound + 1;
        }
        let beyond = self.buckets.range(below..).map(|(_, bucket)| bucket).chain([&self.beyond]);
        let exemplar = beyond.filter_map(|bucket| bucket.exemplar.as_ref()).next_back();
        cumulative.push(Cumulative { bound: None, count: self.count(), exemplar });
        cumulative
    }

    /// All observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.values().map(|bucket| bucket.count).sum::<u64>() + self.beyond.count
    }

    /// Their sum, in milliseconds.
    #[must_use]
    pub const fn sum_milliseconds(&self) -> u64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

    fn counts(histogram: &Histogram, bounds: &[u64]) -> Vec<u64> {
        histogram.cumulative(bounds).iter().map(|bucket| bucket.count).collect()
    }

    #[test]
    fn a_length_on_a_bound_is_within_it_and_counts_in_all_that_follow() {
        let mut histogram = Histogram::default();
        for milliseconds in [60_000, 60_001, -5, 900_000_000] {
            histogram.observe(&[60, 300], SignedDuration::from_millis(milliseconds), "f", NOW);
        }
        assert_eq!(counts(&histogram, &[60, 300]), [2, 3, 4]);
        assert_eq!((histogram.count(), histogram.sum_milliseconds()), (4, 60_000 + 60_001 + 900_000_000));
    }

    #[test]
    fn no_count_is_lost_when_the_bounds_change() {
        let mut histogram = Histogram::default();
        for seconds in [30, 200, 4000] {
            histogram.observe(&[60, 300], SignedDuration::from_secs(seconds), &seconds.to_string(), NOW);
        }
        assert_eq!(counts(&histogram, &[100, 600]), [1, 2, 3]);
        assert_eq!(counts(&histogram, &[]), [3]);
        let kept: Histogram = serde_json::from_str(&serde_json::to_string(&histogram).unwrap()).unwrap();
        assert_eq!(kept, histogram);
        let exemplars: Vec<Option<&str>> = kept
            .cumulative(&[100, 150, 600])
            .iter()
            .map(|bucket| bucket.exemplar.map(|exemplar| exemplar.finding.as_str()))
            .collect();
        assert_eq!(exemplars, [Some("30"), None, Some("200"), Some("4000")]);
    }
}
