//! The Prometheus text format, version 0.0.4.

use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, MetricFamily, MetricType};

use super::catalogue::{Kind, Metric};
use super::series::{Buckets, Family, Page, Sample};

/// The page in the text format: families and series sorted, no timestamps.
#[expect(clippy::expect_used, reason = "the encoder only refuses families without name or series, which are left out")]
pub(super) fn encode(page: &Page) -> String {
    let families: Vec<MetricFamily> = page.families().map(family).collect();
    TextEncoder::new().encode_to_string(&families).expect("named families with series can be written")
}

fn family(family: &Family) -> MetricFamily {
    let metric = family.metric;
    let mut written = MetricFamily::default();
    written.set_name(metric.name.to_owned());
    written.set_help(metric.help.to_owned());
    written.set_field_type(match metric.kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
        Kind::Histogram => MetricType::HISTOGRAM,
    });
    written.set_metric(family.series.iter().map(|(labels, value)| sample(metric, labels, value)).collect());
    written
}

fn sample(metric: &Metric, values: &[String], value: &Sample) -> prometheus::proto::Metric {
    let pairs = metric.labels.iter().zip(values).map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value(value.clone());
        pair
    });
    let mut sample = prometheus::proto::Metric::from_label(pairs.collect());
    match value {
        Sample::Number(value, _) if metric.kind == Kind::Counter => {
            let mut counter = Counter::default();
            counter.set_value(*value);
            sample.set_counter(counter);
        }
        Sample::Number(value, _) => {
            let mut gauge = Gauge::default();
            gauge.set_value(*value);
            sample.set_gauge(gauge);
        }
        Sample::Histogram(buckets) => sample.set_histogram(histogram(buckets)),
    }
    sample
}

/// The encoder adds the bucket without bound by itself.
fn histogram(buckets: &Buckets) -> Histogram {
    let bounded = buckets.buckets.iter().filter_map(|bucket| Some((bucket.bound?, bucket.count)));
    let bucket = |(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(as_seconds(bound));
        bucket.set_cumulative_count(count);
        bucket
    };
    let mut histogram = Histogram::default();
    histogram.set_bucket(bounded.map(bucket).collect());
    histogram.set_sample_count(buckets.count());
    histogram.set_sample_sum(buckets.sum);
    histogram
}

#[expect(clippy::cast_precision_loss, reason = "bounds of buckets are far below 2^53")]
const fn as_seconds(bound: u64) -> f64 {
    bound as f64
}
