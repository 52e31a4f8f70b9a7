//! A day: the share of resource time that failed in the last 24 hours, once by PromQL over the
//! published counter in a real Prometheus, once by the ledger, once by `plimsoll status`.
//!
//! The day is made in advance: scans at past times, the page at every minute between them, written
//! into Prometheus' own storage. An attack lasts six hours, and for three hours nobody scans.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::ledger::Ledger;
use plimsoll::metrics::{Build, Published, render};
use plimsoll::server::{Completed, Scanned};
use plimsoll::simulator::attack;
use serde_json::Value;

use crate::estate::{folder, judge, program, run, scan, serve, small};
use crate::prometheus::Prometheus;
use crate::tools;

const METRIC: &str = "plimsoll_resource_seconds_total";
const RATIO: &str = "sum(increase(plimsoll_resource_seconds_total{state=\"fail\"}[24h])) \
                     / sum(increase(plimsoll_resource_seconds_total{state=~\"pass|fail|waived\"}[24h]))";

fn page() -> Published {
    let build = Build { version: "test".into(), revision: "test".into(), rules_digest: "test".into() };
    Published::before_the_first_scan(build, Duration::from_mins(15))
}

/// Samples by series.
type Series = BTreeMap<String, Vec<(Timestamp, String)>>;

fn add_page(series: &mut Series, page: &str, at: Timestamp) {
    for line in page.lines().filter(|line| line.starts_with(METRIC)) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        series.entry(name.to_owned()).or_default().push((at, value.to_owned()));
    }
}

fn open_metrics(series: &Series) -> String {
    let mut text = "# TYPE plimsoll_resource_seconds counter\n".to_owned();
    for (name, samples) in series {
        for (at, value) in samples {
            writeln!(text, "{name} {value} {}", at.as_second()).unwrap();
        }
    }
    text + "# EOF\n"
}

/// Scans every half hour for 25 hours up to `end`, and the pages of every minute between.
async fn a_day(ledger: &Path, end: Timestamp) -> Series {
    let simulator = serve(small()).await;
    let sound = simulator.look(Clone::clone);
    let mut series = Series::new();
    for half_hour in 0..50 {
        let at = end - SignedDuration::from_mins(25 * 60 - 30 * half_hour);
        match half_hour {
            20 => drop(simulator.change(attack)),
            32 => simulator.change(|estate| *estate = sound.clone()),
            _ => {}
        }
        if (38..44).contains(&half_hour) {
            continue;
        }
        let outcome = scan(&simulator, ledger, at).await;
        let shown = Scanned::from(Completed {
            page: page(),
            last: outcome.last,
            snapshot: &outcome.snapshot,
            evaluations: &outcome.evaluations,
            rules: judge().rules(),
            findings: outcome.findings,
            changes: outcome.changes,
            waivers: BTreeMap::new(),
            durations: BTreeMap::new(),
            scans: Vec::new(),
        });
        let minutes = if half_hour == 37 { 30 * 7 } else { 30 };
        for minute in 0..minutes {
            let now = at + SignedDuration::from_mins(minute);
            add_page(&mut series, &render(&shown.published, now), now);
        }
    }
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn the_failing_share_of_a_day_is_the_same_in_promql_and_in_status() {
    let (Some(prometheus), Some(promtool)) =
        (tools::find("prometheus", "prometheus"), tools::find("promtool", "prometheus"))
    else {
        return;
    };
    let (folder, ledger) = folder();
    let end = Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap();
    let series = a_day(&ledger, end).await;

    let time = Ledger::open(&ledger).await.unwrap().window(end - SignedDuration::from_hours(24), end).await.unwrap();
    let by_ledger = time.overall().failing_ratio().unwrap();
    let coverage = time.overall().coverage().unwrap();
    assert!((0.85..0.93).contains(&coverage), "nobody scanned for some of the day: {coverage}");

    let text = folder.path().join("day.om");
    std::fs::write(&text, open_metrics(&series)).unwrap();
    let server = Prometheus::start_with(&prometheus, "127.0.0.1:9", |data| {
        let mut make = Command::new(&promtool);
        let made = make.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(&text).arg(data).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    });
    let query = RATIO.replace("[24h]", &format!("[24h] @ {}", end.as_second()));
    let by_promql = server.wait_for(&query, |_| true);
    assert!((by_promql - by_ledger).abs() < 0.0005, "PromQL {by_promql}, ledger {by_ledger}");

    let status = run(
        &mut program(folder.path()),
        &["status", "--window", "24h", "--format", "json", "--ledger", ledger.to_str().unwrap()],
    );
    let report: Value = serde_json::from_str(&status.stdout).unwrap();
    let by_status = report["windows"][0]["resource_milliseconds"]["failing"].as_f64().unwrap();
    // It ends when the program is asked, some minutes after the day.
    assert!((by_status - by_promql).abs() < 0.005, "status {by_status}, PromQL {by_promql}");
}
