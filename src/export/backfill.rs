//! The past of objectives as OpenMetrics with timestamps, for
//! `promtool tsdb create-blocks-from openmetrics`.
//!
//! A new objective over 28 days is blind for four weeks; what the ledger knows of them is written
//! here, and read by Prometheus as if it had been scraped. Every series of an objective that the
//! exported rules, alerts and dashboards read is there. Counters have a value wherever they bend, on
//! a grid of whole steps, and where the window begins that ends with the last value: between two
//! values they grow evenly, so that `increase` over a window that begins and ends on the grid is what
//! the ledger counted, without extrapolation.

use std::io::{self, Write};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::metrics::{Kind, Metric, catalogue as metric};
use crate::slo::{History, Indicator, Point, Slo, Tally, readings, spent};

/// From when until when, and how often at least.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Nothing before this is written.
    pub from: Timestamp,
    /// The time of the last values.
    pub until: Timestamp,
    /// There is a value at each whole multiple of this since 1970. 0 counts as 1 ms.
    pub step: Duration,
}

/// The past of one objective, ready to be written: about 130 bytes for each moment.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    slo: &'a Slo,
    moments: Vec<Moment>,
}

#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Timestamp,
    tally: Tally,
    /// What gauges said; none where only a counter bends.
    gauges: Option<Gauges>,
}

/// Those of the last scan until a moment.
#[derive(Debug, Clone, Copy)]
struct Gauges {
    remaining: Option<f64>,
    window_coverage: Option<f64>,
}

impl<'a> Past<'a> {
    /// The past of an objective from its points, oldest first. For what gauges said at the beginning
    /// of the span, the points of a window before it are needed.
    #[must_use]
    pub fn new(slo: &'a Slo, points: &[Point], span: &Span) -> Self {
        let known = points.partition_point(|point| point.at <= span.until);
        let points = &points[..known];
        let readings = readings(points, span.until);
        let history = History::new(slo, &readings, span.until);
        let Some(first) = history.since().map(|since| since.max(span.from)) else {
            return Self { slo, moments: Vec::new() };
        };
        let bends = readings.iter().map(|reading| (reading.at, false));
        let start = slo.window.start(span.until);
        // From Prometheus 3 on a range leaves out the value at its very beginning.
        let after = start.saturating_add(SignedDuration::from_millis(1)).unwrap_or(start);
        let ends = [first, start, after, span.until].map(|at| (at, true));
        let grid = grid(first, span).map(|at| (at, true));
        let mut times: Vec<(Timestamp, bool)> = bends.chain(ends).chain(grid).collect();
        times.retain(|(at, _)| *at >= first && *at <= span.until);
        // Of two at one time, the one with gauges comes first, and stays.
        times.sort_unstable_by_key(|(at, gauges)| (*at, !gauges));
        times.dedup_by_key(|(at, _)| *at);
        let mut gauges = GaugesThen { history: Then { slo, readings: &readings }, points, last: None };
        let moment = |(at, has_gauges): (Timestamp, bool)| Moment {
            at,
            tally: history.tally(at),
            gauges: if has_gauges { gauges.at(at) } else { None },
        };
        Self { slo, moments: times.into_iter().map(moment).collect() }
    }

    /// How many moments there are.
    #[must_use]
    pub fn moments(&self) -> usize {
        self.moments.len()
    }
}

/// Whole multiples of the step, from the first at or after `from`.
fn grid(from: Timestamp, span: &Span) -> impl Iterator<Item = Timestamp> {
    let step = i64::try_from(span.step.as_millis()).unwrap_or(i64::MAX).max(1);
    let (from, until) = (from.as_millisecond(), span.until.as_millisecond());
    let first = from.saturating_add((step - from.rem_euclid(step)) % step);
    std::iter::successors(Some(first), move |at| at.checked_add(step))
        .take_while(move |at| *at <= until)
        .filter_map(|at| Timestamp::from_millisecond(at).ok())
}

/// An objective's readings, to look back from any moment.
struct Then<'a> {
    slo: &'a Slo,
    readings: &'a [crate::slo::Reading],
}

/// What gauges said at moments that ascend: what followed from the last scan.
struct GaugesThen<'a> {
    history: Then<'a>,
    points: &'a [Point],
    last: Option<(usize, Gauges)>,
}

impl GaugesThen<'_> {
    fn at(&mut self, at: Timestamp) -> Option<Gauges> {
        let index = self.points.partition_point(|point| point.at <= at).checked_sub(1)?;
        if let Some((_, gauges)) = self.last.filter(|(last, _)| *last == index) {
            return Some(gauges);
        }
        let Then { slo, readings } = self.history;
        let then = History::new(slo, readings, self.points[index].at);
        let gauges = Gauges {
            remaining: spent(&slo.indicator, &then.over_window()).remaining,
            window_coverage: then.window_coverage(),
        };
        self.last = Some((index, gauges));
        Some(gauges)
    }
}

/// A value of a series at a moment; none where the series has none.
type Value = fn(&Slo, &Moment) -> Option<f64>;

/// The families in the order of their names, each with the value of its last label and with what it
/// measures.
const FAMILIES: &[(&Metric, &[(&str, Value)])] = &[
    (metric::SLO_REMAINING, &[("", |_, moment| moment.gauges?.remaining)]),
    (metric::SLO_BUDGET, &[("", |slo, moment| moment.gauges.and(budget(slo)))]),
    (metric::SLO_FINDING_OPEN_SECONDS, &[("", |_, moment| Some(seconds(moment.tally.open)))]),
    (
        metric::SLO_FINDINGS,
        &[
            ("late", |_, moment| Some(number(moment.tally.late))),
            ("within", |_, moment| Some(number(moment.tally.within))),
        ],
    ),
    (metric::SLO_OBJECTIVE, &[("", |slo, moment| moment.gauges.and(slo.indicator.target()))]),
    (
        metric::SLO_RESOURCE_SECONDS,
        &[
            ("fail", |_, moment| Some(seconds(moment.tally.resources.fail.total()))),
            ("pass", |_, moment| Some(seconds(moment.tally.resources.pass))),
            ("unknown", |_, moment| Some(seconds(moment.tally.resources.unknown))),
            ("waived", |_, moment| Some(seconds(moment.tally.resources.waived))),
        ],
    ),
    (metric::SLO_WINDOW_COVERAGE, &[("", |_, moment| moment.gauges?.window_coverage)]),
    (metric::SLO_WINDOW, &[("", |slo, moment| moment.gauges.map(|_| slo.window.length().as_secs_f64()))]),
];

/// Writes the past of objectives: families in the order of their names, series in that of the
/// objectives and of their labels, values in that of their times. `labels` are those that scrapes add
/// (`job`, `instance`). Gives how many values there were.
///
/// # Errors
/// When the stream does not take it. What was cut off has no `# EOF`, and promtool refuses it.
pub fn backfill(pasts: &[Past<'_>], labels: &[(String, String)], out: &mut dyn Write) -> io::Result<u64> {
    let mut written = 0;
    for (metric, series) in FAMILIES {
        let family = metric.name.strip_suffix("_total").filter(|_| metric.kind == Kind::Counter);
        writeln!(out, "# TYPE {} {}", family.unwrap_or(metric.name), metric.kind.name())?;
        for past in pasts {
            for (word, value) in *series {
                let name = format!("{}{}", metric.name, braced(metric, past.slo.name.as_str(), word, labels));
                for moment in &past.moments {
                    let Some(value) = value(past.slo, moment) else { continue };
                    writeln!(out, "{name} {value} {}", timestamp(moment.at))?;
                    written += 1;
                }
            }
        }
    }
    writeln!(out, "# EOF")?;
    Ok(written)
}

/// The labels of a series, in the order of their names.
fn braced(metric: &Metric, slo: &str, word: &str, added: &[(String, String)]) -> String {
    let own = metric.labels.iter().copied().zip([slo, word]);
    let added = added.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut labels: Vec<(&str, &str)> = own.chain(added).collect();
    labels.sort_unstable();
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn budget(slo: &Slo) -> Option<f64> {
    match slo.indicator {
        Indicator::OpenTime { budget } => Some(budget.as_secs_f64()),
        _ => None,
    }
}

fn seconds(milliseconds: u64) -> f64 {
    number(milliseconds) / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "400 days of 100,000 resources are 3.5e15 ms, below 2^53")]
const fn number(amount: u64) -> f64 {
    amount as f64
}

/// Unix seconds with milliseconds, which is how finely Prometheus keeps time.
fn timestamp(at: Timestamp) -> String {
    let since = at.duration_since(Timestamp::UNIX_EPOCH);
    let sign = if since < SignedDuration::ZERO { "-" } else { "" };
    let milliseconds = since.as_millis().unsigned_abs();
    format!("{sign}{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sli::{BySeverity, States};
    use crate::slo::{Measure, Scope, SloName, TimeWindow};

    fn slo() -> Slo {
        Slo {
            name: SloName::new("a").unwrap(),
            description: String::new(),
            scope: Scope::default(),
            indicator: Indicator::Compliance { target: 0.5 },
            window: TimeWindow::Rolling(Duration::from_secs(100)),
            tiers: Vec::new(),
        }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// From second 1010 on one of two fails for 30 s; then nobody looks until 1070.
    fn points() -> Vec<Point> {
        let measure = |critical| Measure {
            resources: States {
                pass: 2 - critical,
                fail: BySeverity { critical, ..BySeverity::default() },
                ..States::default()
            },
            open: critical,
            ..Measure::default()
        };
        let hold = SignedDuration::from_secs(30);
        let first = Point { at: second(1010), hold, measure: measure(1), tally: Tally::default() };
        vec![first, Point { at: second(1070), hold, measure: measure(0), tally: first.at(second(1070)) }]
    }

    fn lines(from: i64, until: i64, step: u64) -> Vec<String> {
        let span = Span { from: second(from), until: second(until), step: Duration::from_secs(step) };
        let (slo, mut text) = (slo(), Vec::new());
        let labels = [("job".to_owned(), "x\"y".to_owned())];
        let past = Past::new(&slo, &points(), &span);
        let written = backfill(&[past], &labels, &mut text).unwrap();
        let lines: Vec<String> = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(written, lines.iter().filter(|line| !line.starts_with('#')).count() as u64);
        assert_eq!(lines.last().unwrap(), "# EOF");
        lines
    }

    fn series<'l>(lines: &'l [String], name: &str) -> Vec<&'l str> {
        let of = |line: &'l String| line.strip_prefix(name).map(str::trim);
        lines.iter().filter_map(of).collect()
    }

    #[test]
    fn counters_have_a_value_where_they_bend_and_on_the_grid() {
        let lines = lines(0, 1090, 40);
        let fail = series(&lines, "plimsoll_slo_resource_seconds_total{job=\"x\\\"y\",slo=\"a\",state=\"fail\"}");
        assert_eq!(
            fail,
            ["0 1010.000", "30 1040.000", "30 1070.000", "30 1080.000", "30 1090.000"],
            "1040 is the end of the hold and on the grid"
        );
        let unknown = series(&lines, "plimsoll_slo_resource_seconds_total{job=\"x\\\"y\",slo=\"a\",state=\"unknown\"}");
        assert_eq!(unknown, ["0 1010.000", "0 1040.000", "60 1070.000", "60 1080.000", "60 1090.000"]);
        let open = series(&lines, "plimsoll_slo_finding_open_seconds_total{job=\"x\\\"y\",slo=\"a\"}");
        assert_eq!(open, ["0 1010.000", "30 1040.000", "30 1070.000", "30 1080.000", "30 1090.000"]);
    }

    #[test]
    fn gauges_are_those_of_the_last_scan_and_families_are_sorted() {
        let lines = lines(0, 1090, 40);
        let remaining = series(&lines, "plimsoll_slo_budget_remaining_ratio{job=\"x\\\"y\",slo=\"a\"}");
        // Nothing was measured until the first scan; at the second, 30 of 60 resource-seconds failed.
        assert_eq!(remaining, ["0 1080.000", "0 1090.000"]);
        assert_eq!(series(&lines, "plimsoll_slo_budget_seconds"), Vec::<&str>::new());
        assert_eq!(series(&lines, "plimsoll_slo_window_seconds{job=\"x\\\"y\",slo=\"a\"}").len(), 4);
        let families: Vec<&str> = series(&lines, "# TYPE");
        assert!(families.is_sorted(), "{families:?}");
        assert!(families.contains(&"plimsoll_slo_findings counter"));
    }

    #[test]
    fn a_span_in_the_middle_begins_with_what_was_counted_by_then() {
        let lines = lines(1020, 1050, 1000);
        let fail = series(&lines, "plimsoll_slo_resource_seconds_total{job=\"x\\\"y\",slo=\"a\",state=\"fail\"}");
        assert_eq!(fail, ["10 1020.000", "30 1040.000", "30 1050.000"]);
    }

    #[test]
    fn an_objective_without_a_past_has_no_values() {
        let span = Span { from: second(0), until: second(1), step: Duration::ZERO };
        let slo = slo();
        assert_eq!(Past::new(&slo, &points(), &span).moments(), 0);
    }
}
