//! The series of one page: collected by metric, folded at the limit, and turned into the
//! exposition format's own types.

use std::collections::{BTreeMap, BTreeSet};

use prometheus::proto::{Counter, Gauge, LabelPair, MetricFamily, MetricType};

use super::catalogue::{self, Kind, METRICS, Metric};

/// The label value that stands for everything past the limit of series.
pub const OVERFLOW: &str = "__other__";

/// Values of counters, by metric name and label values.
pub(super) type CounterValues = BTreeMap<(&'static str, Vec<String>), f64>;

/// Labels whose values come from the estate: the share of the page's series that all families
/// with the label may take together, in percent, and how many series one value costs.
///
/// A rule costs 4 evaluations and its info; an account 7 states and its info; a region 7 states;
/// an operation its 4 counters. What is left, 10 %, is for the families whose labels are closed
/// sets.
const OPEN_LABELS: &[(&str, usize, usize)] =
    &[("rule", 25, 5), ("account_id", 45, 8), ("aws_region", 10, 7), ("operation", 10, 4)];

/// The families whose labels are closed sets have a few hundred series, which no limit removes.
const LEAST_MAX_SERIES: usize = 4000;

/// The series of one page.
pub(super) struct Page {
    max_series: usize,
    families: BTreeMap<&'static str, Family>,
}

struct Family {
    metric: &'static Metric,
    series: BTreeMap<Vec<String>, f64>,
    dropped: BTreeSet<Vec<String>>,
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
        debug_assert_eq!(labels.len(), metric.labels.len(), "{} is given all its labels", metric.name);
        if let Some(family) = self.families.get_mut(metric.name) {
            family.series.insert(labels.map(str::to_owned).to_vec(), value);
        }
    }

    /// Folds what is past the limit into [`OVERFLOW`], and counts the series of each family.
    pub(super) fn close(&mut self) {
        for &(label, percent, cost) in OPEN_LABELS {
            let most = (self.max_series * percent / 100 / cost).max(1);
            for family in self.families.values_mut() {
                family.fold(label, most);
            }
        }
        let sizes: Vec<_> = self
            .families
            .values()
            .map(|family| (family.metric.name, family.series.len(), family.dropped.len()))
            .collect();
        for (name, series, dropped) in sizes {
            if series > 0 {
                self.set(catalogue::SERIES, [name], as_value(series));
                self.set(catalogue::SERIES_DROPPED, [name], as_value(dropped));
            }
        }
    }

    /// Raises counters to values that were shown before.
    pub(super) fn raise(&mut self, floor: &CounterValues) {
        for ((name, labels), &least) in floor {
            if let Some(value) = self.families.get_mut(name).and_then(|family| family.series.get_mut(labels)) {
                *value = value.max(least);
            }
        }
    }

    /// The values of all counters.
    pub(super) fn counters(self) -> CounterValues {
        self.families
            .into_values()
            .filter(|family| family.metric.kind == Kind::Counter)
            .flat_map(|family| {
                family.series.into_iter().map(move |(labels, value)| ((family.metric.name, labels), value))
            })
            .collect()
    }

    /// The families that have series, in the exposition format's types.
    pub(super) fn into_families(self) -> Vec<MetricFamily> {
        self.families.into_values().filter(|family| !family.series.is_empty()).map(Family::into_proto).collect()
    }
}

impl Family {
    /// Keeps the first `most` values of a label, and lets the rest share [`OVERFLOW`]. The values
    /// that stay are the first in order, so that they are the same from scan to scan. Info
    /// metrics, whose other labels would say nothing about the rest, lose it.
    fn fold(&mut self, label: &str, most: usize) {
        let Some(position) = self.metric.labels.iter().position(|known| *known == label) else { return };
        let values: BTreeSet<&String> = self.series.keys().map(|labels| &labels[position]).collect();
        if values.len() <= most {
            return;
        }
        let kept: BTreeSet<String> = values.into_iter().take(most - 1).cloned().collect();
        for (mut labels, value) in std::mem::take(&mut self.series) {
            if kept.contains(&labels[position]) {
                self.series.insert(labels, value);
                continue;
            }
            self.dropped.insert(labels.clone());
            if !self.metric.name.ends_with("_info") {
                OVERFLOW.clone_into(&mut labels[position]);
                *self.series.entry(labels).or_default() += value;
            }
        }
    }

    fn into_proto(self) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(self.metric.name.to_owned());
        family.set_help(self.metric.help.to_owned());
        family.set_field_type(match self.metric.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
        });
        let names = self.metric.labels;
        let kind = self.metric.kind;
        family.set_metric(self.series.into_iter().map(|(labels, value)| sample(kind, names, labels, value)).collect());
        family
    }
}

fn sample(kind: Kind, names: &[&str], values: Vec<String>, value: f64) -> prometheus::proto::Metric {
    let pairs = names.iter().zip(values).map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value(value);
        pair
    });
    let mut sample = prometheus::proto::Metric::from_label(pairs.collect());
    match kind {
        Kind::Counter => {
            let mut counter = Counter::default();
            counter.set_value(value);
            sample.set_counter(counter);
        }
        Kind::Gauge => {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            sample.set_gauge(gauge);
        }
    }
    sample
}

/// Counts are far below 2^53, where `f64` stops being exact.
#[expect(clippy::cast_precision_loss, reason = "counts of series are far below 2^53")]
const fn as_value(count: usize) -> f64 {
    count as f64
}
