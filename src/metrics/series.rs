//! The series of one page: collected by metric, and folded at the limit.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::{self, Kind, METRICS, Metric};
use crate::sli::{self, Histogram};

/// The label value that stands for everything past the limit of series.
pub const OVERFLOW: &str = "__other__";

/// Values of counters, by metric name and label values.
pub(super) type CounterValues = BTreeMap<(&'static str, Vec<String>), f64>;

/// The label that names an objective.
const OBJECTIVE: &str = "slo";

/// How many series one objective costs at most: 4 states, open time, 2 outcomes, 6 gauges, 8 burn
/// rates, 3 actions with the time of each.
const COST_OF_AN_OBJECTIVE: usize = 27;

/// The share of the page that objectives may take, in percent. They come from the configuration, so
/// that they go before what comes from the estate; 250 of them fit on a page of the default size.
const SHARE_OF_OBJECTIVES: usize = 30;

/// Labels whose values come from the estate: the share of the series that closed sets and objectives
/// leave, which all families with the label may take together, in percent, and how many series one
/// value costs.
///
/// A rule costs 4 evaluations and its info; an account 7 states and its info; a region 7 states;
/// an operation its 4 counters. What is left, 4 %, is for what carries [`OVERFLOW`] itself.
const OPEN_LABELS: &[(&str, usize, usize)] =
    &[("rule", 26, 5), ("account_id", 48, 8), ("aws_region", 11, 7), ("operation", 11, 4)];

/// The families whose labels are closed sets have less than a thousand series, which no limit removes.
pub(super) const LEAST_MAX_SERIES: usize = 4000;

/// The series of one page.
pub(super) struct Page {
    max_series: usize,
    families: BTreeMap<&'static str, Family>,
}

/// All series of one metric.
pub(super) struct Family {
    pub(super) metric: &'static Metric,
    pub(super) series: BTreeMap<Vec<String>, Sample>,
    dropped: BTreeSet<Vec<String>>,
}

/// What stands behind one set of labels.
pub(super) enum Sample {
    /// A number, and for a counter what it counted last.
    Number(f64, Option<Box<Exemplar>>),
    /// Counts of lengths of time.
    Histogram(Buckets),
}

/// A histogram as it is published.
pub(super) struct Buckets {
    /// By bound, ascending; the last one has none.
    pub(super) buckets: Vec<Bucket>,
    /// In seconds.
    pub(super) sum: f64,
}

/// Observations up to a bound.
pub(super) struct Bucket {
    /// In seconds.
    pub(super) bound: Option<u64>,
    pub(super) count: u64,
    pub(super) exemplar: Option<Exemplar>,
}

/// One observation that stands for others like it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exemplar {
    /// Id of the finding.
    pub(super) finding: String,
    pub(super) value: f64,
    /// Unix time in seconds.
    pub(super) at: f64,
}

impl Exemplar {
    /// Of something that was counted.
    pub(super) fn of_count(exemplar: &sli::Exemplar) -> Self {
        let at = exemplar.at.as_duration().as_secs_f64();
        Self { finding: exemplar.finding.clone(), value: as_value(exemplar.value), at }
    }

    /// Of a length of time.
    fn of_time(exemplar: &sli::Exemplar) -> Self {
        let value = as_value(exemplar.value) / 1000.0;
        Self { value, ..Self::of_count(exemplar) }
    }
}

impl Buckets {
    /// The counts of a histogram for these bounds, in seconds.
    pub(super) fn of(histogram: &Histogram, bounds: &[u64]) -> Self {
        let bucket = |bucket: &sli::Cumulative<'_>| Bucket {
            bound: bucket.bound,
            count: bucket.count,
            exemplar: bucket.exemplar.map(Exemplar::of_time),
        };
        Self {
            buckets: histogram.cumulative(bounds).iter().map(bucket).collect(),
            sum: as_value(histogram.sum_milliseconds()) / 1000.0,
        }
    }

    /// All observations.
    pub(super) fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |bucket| bucket.count)
    }

    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        for (own, other) in self.buckets.iter_mut().zip(other.buckets) {
            own.count += other.count;
            own.exemplar = own.exemplar.take().or(other.exemplar);
        }
    }
}

impl Sample {
    /// How many series Prometheus makes of it: a histogram is one for each bucket, sum and count.
    fn series(&self) -> usize {
        match self {
            Self::Number(..) => 1,
            Self::Histogram(histogram) => histogram.buckets.len() + 2,
        }
    }

    fn add(&mut self, other: Self) {
        match (self, other) {
            (Self::Number(sum, _), Self::Number(value, _)) => *sum += value,
            (Self::Histogram(sum), Self::Histogram(histogram)) => sum.add(histogram),
            // All samples of a family are of its kind.
            (Self::Number(..), Self::Histogram(_)) | (Self::Histogram(_), Self::Number(..)) => {}
        }
    }
}

impl Page {
    pub(super) fn new(max_series: usize) -> Self {
        let families = METRICS
            .iter()
            .map(|&metric| (metric.name, Family { metric, series: BTreeMap::new(), dropped: BTreeSet::new() }))
            .collect();
        Self { max_series: max_series.max(LEAST_MAX_SERIES), families }
    }

    /// Sets the series with these label values.
    pub(super) fn set<const N: usize>(&mut self, metric: &'static Metric, labels: [&str; N], value: f64) {
        self.set_with(metric, labels, value, None);
    }

    /// Sets a counter, with what it counted last.
    pub(super) fn set_with<const N: usize>(
        &mut self,
        metric: &'static Metric,
        labels: [&str; N],
        value: f64,
        exemplar: Option<Exemplar>,
    ) {
        self.insert(metric, labels, Sample::Number(value, exemplar.map(Box::new)));
    }

    /// Sets the histogram with these label values.
    pub(super) fn set_histogram<const N: usize>(
        &mut self,
        metric: &'static Metric,
        labels: [&str; N],
        buckets: Buckets,
    ) {
        self.insert(metric, labels, Sample::Histogram(buckets));
    }

    fn insert<const N: usize>(&mut self, metric: &'static Metric, labels: [&str; N], sample: Sample) {
        debug_assert_eq!(labels.len(), metric.labels.len(), "{} is given all its labels", metric.name);
        if let Some(family) = self.families.get_mut(metric.name) {
            family.series.insert(labels.map(str::to_owned).to_vec(), sample);
        }
    }

    /// Keeps only these metrics.
    pub(super) fn keep(&mut self, metrics: &[&'static Metric]) {
        self.families.retain(|_, family| metrics.contains(&family.metric));
    }

    /// Folds what is past the limit into [`OVERFLOW`], and counts the series of each family.
    pub(super) fn close(&mut self) {
        let most = (self.max_series * SHARE_OF_OBJECTIVES / 100 / COST_OF_AN_OBJECTIVE).max(1);
        for family in self.families.values_mut() {
            family.leave_out(OBJECTIVE, most);
        }
        let room = self.max_series.saturating_sub(self.closed_series());
        for &(label, percent, cost) in OPEN_LABELS {
            let most = (room * percent / 100 / cost).max(1);
            for family in self.families.values_mut() {
                family.fold(label, most);
            }
        }
        let sizes: Vec<_> =
            self.families.values().map(|family| (family.metric.name, family.count(), family.dropped.len())).collect();
        for (name, series, dropped) in sizes {
            if series > 0 {
                self.set(catalogue::SERIES, [name], as_value(series as u64));
                self.set(catalogue::SERIES_DROPPED, [name], as_value(dropped as u64));
            }
        }
    }

    /// Series of the families without a label from the estate, with the two that count series.
    fn closed_series(&self) -> usize {
        let open = |family: &&Family| family.metric.labels.iter().any(|label| is_open(label));
        let closed: usize = self.families.values().filter(|family| !open(family)).map(Family::count).sum();
        closed + 2 * METRICS.len()
    }

    /// How many label sets each family has lost to the limit; families that lost none are left out.
    pub(super) fn folded(&self) -> BTreeMap<&'static str, usize> {
        let lost = self.families.iter().filter(|(_, family)| !family.dropped.is_empty());
        lost.map(|(name, family)| (*name, family.dropped.len())).collect()
    }

    /// How many series each family has that has any.
    pub(super) fn sizes(&self) -> BTreeMap<&'static str, usize> {
        self.families().map(|family| (family.metric.name, family.count())).collect()
    }

    /// Raises counters to values that were shown before.
    pub(super) fn raise(&mut self, floor: &CounterValues) {
        for ((name, labels), &least) in floor {
            let sample = self.families.get_mut(name).and_then(|family| family.series.get_mut(labels));
            if let Some(Sample::Number(value, _)) = sample {
                *value = value.max(least);
            }
        }
    }

    /// The values of all counters. Histograms are not among them: they are as the ledger keeps them,
    /// and do not move between scans.
    pub(super) fn counters(self) -> CounterValues {
        let mut values = CounterValues::new();
        for family in self.families.into_values().filter(|family| family.metric.kind == Kind::Counter) {
            for (labels, sample) in family.series {
                if let Sample::Number(value, _) = sample {
                    values.insert((family.metric.name, labels), value);
                }
            }
        }
        values
    }

    /// The families that have series, by name.
    pub(super) fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.values().filter(|family| !family.series.is_empty())
    }
}

fn is_open(label: &str) -> bool {
    OPEN_LABELS.iter().any(|(open, ..)| *open == label)
}

/// The objective that a counter's series is about, if it is about one.
pub(super) fn objective_of<'a>(name: &str, labels: &'a [String]) -> Option<&'a str> {
    let metric = METRICS.iter().find(|metric| metric.name == name)?;
    let position = metric.labels.iter().position(|label| *label == OBJECTIVE)?;
    labels.get(position).map(String::as_str)
}

impl Family {
    fn count(&self) -> usize {
        self.series.values().map(Sample::series).sum()
    }

    /// Keeps the first `most` values of a label, and lets the rest share [`OVERFLOW`]. The values
    /// that stay are the first in order, so that they are the same from scan to scan. Info
    /// metrics, whose other labels would say nothing about the rest, lose it.
    fn fold(&mut self, label: &str, most: usize) {
        self.cut(label, most, most - 1, |family, mut labels, position, sample| {
            if family.metric.name.ends_with("_info") {
                return;
            }
            OVERFLOW.clone_into(&mut labels[position]);
            match family.series.get_mut(&labels) {
                Some(sum) => sum.add(sample),
                None => drop(family.series.insert(labels, sample)),
            }
        });
    }

    /// Keeps the first `most` values of a label. The rest is left out: the sum of two objectives is
    /// not a value of anything.
    fn leave_out(&mut self, label: &str, most: usize) {
        self.cut(label, most, most, |_family, _labels, _position, _sample| {});
    }

    /// When a label has more than `most` values, gives what is past the first `keep` of them to `rest`.
    fn cut(
        &mut self,
        label: &str,
        most: usize,
        keep: usize,
        mut rest: impl FnMut(&mut Self, Vec<String>, usize, Sample),
    ) {
        let Some(position) = self.metric.labels.iter().position(|known| *known == label) else { return };
        let values: BTreeSet<&String> = self.series.keys().map(|labels| &labels[position]).collect();
        if values.len() <= most {
            return;
        }
        let kept: BTreeSet<String> = values.into_iter().take(keep).cloned().collect();
        for (labels, sample) in std::mem::take(&mut self.series) {
            if kept.contains(&labels[position]) {
                self.series.insert(labels, sample);
            } else {
                self.dropped.insert(labels.clone());
                rest(self, labels, position, sample);
            }
        }
    }
}

/// Counts are far below 2^53, where `f64` stops being exact.
#[expect(clippy::cast_precision_loss, reason = "counts of series are far below 2^53")]
const fn as_value(count: u64) -> f64 {
    count as f64
}
