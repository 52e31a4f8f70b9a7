//! OpenMetrics 1.0 as text.
//!
//! What it has beyond the text format: units, exemplars, and an end by which a page that was cut off
//! is seen. Bounds of buckets are written as in the text format (`le="60"`), so that a series has
//! one name however it was read. `_created` is left out, as it may be: counters began with the
//! ledger, not with the process.
//! Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::fmt::Write;

use super::catalogue::{Kind, Metric};
use super::series::{Buckets, Exemplar, Family, Page, Sample};

/// The most characters that names and values of an exemplar's labels may have together.
const EXEMPLAR_LIMIT: usize = 128;

/// The page in OpenMetrics: families and series sorted, no timestamps but those of exemplars.
pub(super) fn encode(page: &Page) -> String {
    let mut text = String::new();
    for family in page.families() {
        write_family(&mut text, family);
    }
    text.push_str("# EOF\n");
    text
}

impl Metric {
    /// The name of its family in OpenMetrics, which has neither `_total` nor `_info`.
    fn family(&self) -> &'static str {
        let suffix = if self.is_info() { "_info" } else { "_total" };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }

    fn is_info(&self) -> bool {
        self.kind == Kind::Gauge && self.name.ends_with("_info")
    }

    /// Its unit, which its family's name has to end with.
    fn unit(&self) -> Option<&'static str> {
        let ends = |unit: &&&str| self.family().strip_suffix(**unit).is_some_and(|rest| rest.ends_with('_'));
        ["seconds", "ratio"].iter().find(ends).copied()
    }
}

fn write_family(text: &mut String, family: &Family) {
    let metric = family.metric;
    let name = metric.family();
    let kind = if metric.is_info() { "info" } else { metric.kind.name() };
    let _ = writeln!(text, "# TYPE {name} {kind}");
    if let Some(unit) = metric.unit() {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
    let _ = write!(text, "# HELP {name} ");
    escape(text, metric.help);
    text.push('\n');
    for (values, sample) in &family.series {
        match sample {
            Sample::Number(value, exemplar) => {
                write_name(text, metric, "", values, None);
                write_number(text, *value);
                // Only counters and buckets may have one.
                let exemplar = exemplar.as_deref().filter(|_| metric.kind == Kind::Counter);
                end_line(text, exemplar);
            }
            Sample::Histogram(buckets) => write_histogram(text, metric, values, buckets),
        }
    }
}

fn write_histogram(text: &mut String, metric: &Metric, values: &[String], buckets: &Buckets) {
    for bucket in &buckets.buckets {
        let bound = bucket.bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.to_string());
        write_name(text, metric, "_bucket", values, Some(&bound));
        let _ = write!(text, "{}", bucket.count);
        end_line(text, bucket.exemplar.as_ref());
    }
    write_name(text, metric, "_sum", values, None);
    write_number(text, buckets.sum);
    text.push('\n');
    write_name(text, metric, "_count", values, None);
    let _ = writeln!(text, "{}", buckets.count());
}

/// Name and labels, and the space before the value.
fn write_name(text: &mut String, metric: &Metric, suffix: &str, values: &[String], bound: Option<&str>) {
    text.push_str(metric.name);
    text.push_str(suffix);
    let labels = metric.labels.iter().copied().zip(values.iter().map(String::as_str));
    let mut separator = '{';
    for (label, value) in labels.chain(bound.map(|bound| ("le", bound))) {
        text.push(separator);
        text.push_str(label);
        text.push_str("=\"");
        escape(text, value);
        text.push('"');
        separator = ',';
    }
    text.push_str(if separator == ',' { "} " } else { " " });
}

/// The exemplar, if there is one and it is short enough, and the end of the line.
fn end_line(text: &mut String, exemplar: Option<&Exemplar>) {
    const LABEL: &str = "finding_id";
    let fits = |exemplar: &&Exemplar| LABEL.len() + exemplar.finding.chars().count() <= EXEMPLAR_LIMIT;
    if let Some(exemplar) = exemplar.filter(fits) {
        text.push_str(" # {");
        text.push_str(LABEL);
        text.push_str("=\"");
        escape(text, &exemplar.finding);
        text.push_str("\"} ");
        write_number(text, exemplar.value);
        text.push(' ');
        write_number(text, exemplar.at);
    }
    text.push('\n');
}

/// Infinities have a form of their own.
fn write_number(text: &mut String, value: f64) {
    let _ = match value {
        f64::INFINITY => write!(text, "+Inf"),
        f64::NEG_INFINITY => write!(text, "-Inf"),
        value => write!(text, "{value}"),
    };
}

fn escape(text: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            letter => text.push(letter),
        }
    }
}
