//! The past of counters and gauges as OpenMetrics with timestamps, for
//! `promtool tsdb create-blocks-from openmetrics`.
//!
//! A new objective over 28 days is blind for four weeks; what the ledger knows of them is written
//! here, and read by Prometheus as if it had been scraped.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use crate::metrics::Kind;

/// One value of one series at one time in the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The metric, as it stands on the metrics page.
    pub metric: &'static str,
    /// Its form; a counter's name ends in `_total`.
    pub kind: Kind,
    /// Names and values of labels, those that scrapes would add included (`job`, `instance`).
    pub labels: Vec<(&'static str, String)>,
    /// When.
    pub at: Timestamp,
    /// How much.
    pub value: f64,
}

/// Values by time, by name and labels of their series.
type Series = BTreeMap<String, BTreeMap<Timestamp, f64>>;

/// The text of these values: families in the order of their names, series in that of their labels,
/// values in that of their times. The last of several values at one time counts.
#[must_use]
pub fn backfill(values: impl IntoIterator<Item = Past>) -> String {
    let mut families: BTreeMap<&str, (Kind, Series)> = BTreeMap::new();
    for past in values {
        let family = past.metric.strip_suffix("_total").filter(|_| past.kind == Kind::Counter).unwrap_or(past.metric);
        let (_, series) = families.entry(family).or_insert_with(|| (past.kind, Series::new()));
        let name = format!("{}{}", past.metric, labels(past.labels));
        series.entry(name).or_default().insert(past.at, past.value);
    }
    let mut text = String::new();
    for (family, (kind, series)) in families {
        let _ = writeln!(text, "# TYPE {family} {}", kind.name());
        for (name, values) in series {
            for (at, value) in values {
                let _ = writeln!(text, "{name} {value} {}", seconds(at));
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

fn labels(mut labels: Vec<(&'static str, String)>) -> String {
    if labels.is_empty() {
        return String::new();
    }
    labels.sort();
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Unix seconds with milliseconds, which is how finely Prometheus keeps time.
fn seconds(at: Timestamp) -> String {
    let milliseconds = at.as_millisecond();
    let sign = if milliseconds < 0 { "-" } else { "" };
    let milliseconds = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(metric: &'static str, kind: Kind, state: &str, at: i64, value: f64) -> Past {
        let at = Timestamp::from_millisecond(at).unwrap();
        Past { metric, kind, labels: vec![("state", state.to_owned()), ("slo", "a".to_owned())], at, value }
    }

    #[test]
    fn families_series_and_times_are_sorted_and_the_end_is_marked() {
        let text = backfill([
            past("b_total", Kind::Counter, "pass", 2000, 2.5),
            past("b_total", Kind::Counter, "fail", 1500, 1.0),
            past("b_total", Kind::Counter, "pass", 1000, 0.0),
            past("a_ratio", Kind::Gauge, "x\"y", 1000, -0.25),
            past("b_total", Kind::Counter, "pass", 2000, 3.0),
        ]);
        let expected = "# TYPE a_ratio gauge\n\
            a_ratio{slo=\"a\",state=\"x\\\"y\"} -0.25 1.000\n\
            # TYPE b counter\n\
            b_total{slo=\"a\",state=\"fail\"} 1 1.500\n\
            b_total{slo=\"a\",state=\"pass\"} 0 1.000\n\
            b_total{slo=\"a\",state=\"pass\"} 3 2.000\n\
            # EOF\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_is_an_empty_page() {
        assert_eq!(backfill([]), "# EOF\n");
    }
}
