//! The past of objectives, written out of a real ledger and read by a real Prometheus, gives the
//! budgets that the ledger gives.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::budgets::statuses;
use plimsoll::config::Config;
use plimsoll::export::{Language, files};
use plimsoll::ledger::Ledger;
use plimsoll::sli::{BySeverity, States};
use plimsoll::slo::policy::{NO_POLICY, State};
use plimsoll::slo::{Measure, Point, Slo, SloStatus, status};
use saphyr::{LoadableYamlNode, Yaml};

use crate::export::demo;
use crate::ledger_lab::Lab;
use crate::ledger_postgres::Home;
use crate::prometheus::Prometheus;
use crate::tools;

const QUARTER: i64 = 900;
/// Two hours more than four weeks.
const SCANS: i64 = 28 * 96 + 8;
/// For ten hours nobody looked.
const DEAD: std::ops::Range<i64> = 1000..1040;

/// What a scan finds of 40 resources: some fail and change their severity, some cannot be read, and
/// findings turn out in time or late.
fn measure(scan: i64) -> Measure {
    let few = u64::try_from(scan * scan % 7).unwrap() / 3;
    let fail = match scan {
        500..520 => BySeverity { critical: 3, ..BySeverity::default() },
        520..560 => BySeverity { high: 3, ..BySeverity::default() },
        2000..2004 => BySeverity { critical: 2, high: few, ..BySeverity::default() },
        _ => BySeverity { high: few, ..BySeverity::default() },
    };
    let unknown = if (1500..1530).contains(&scan) { 12 } else { 0 };
    Measure {
        resources: States { pass: 40 - fail.total() - unknown, fail, waived: 0, unknown },
        open: fail.critical,
        within: u64::from(scan % 50 == 7),
        late: u64::from(scan % 900 == 77),
    }
}

/// A ledger of these scans, which end a little after each quarter of an hour.
async fn recorded(slos: &[Slo], end: Timestamp) -> Lab {
    let mut lab = Lab::new(Home::file(), &[("site", false)]).await;
    let writer = lab.ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let digests: Vec<String> = slos.iter().map(Slo::digest).collect();
    for scan in (0..SCANS).filter(|scan| !DEAD.contains(scan)) {
        lab.measures = digests.iter().map(|digest| (digest.clone(), measure(scan))).collect();
        let second = end.as_second() - (SCANS - scan) * QUARTER + scan % 11 * 13;
        lab.record(&writer, second).await.unwrap();
    }
    writer.release().await;
    lab
}

fn plimsoll(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

/// What the exported rules record of an objective, in terms of what was scraped: each record that an
/// expression names is replaced by its own expression.
fn expressions(slos: &[Slo]) -> BTreeMap<(String, String, String), String> {
    let text = files(Language::PrometheusRules, &demo::exported(slos)).remove(0).text;
    let documents = Yaml::load_from_str(&text).unwrap();
    let mut all: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for group in documents[0]["groups"].as_sequence().unwrap() {
        for rule in group["rules"].as_sequence().unwrap() {
            let record = rule["record"].as_str().unwrap().to_owned();
            let label = |name: &str| rule.as_mapping_get("labels")?.as_mapping_get(name)?.as_str();
            let Some(slo) = label("slo").map(str::to_owned) else { continue };
            let mut expression = rule["expr"].as_str().unwrap().trim().to_owned();
            for ((known, of, _), inner) in &all {
                let named = format!("{known}{{slo=\"{of}\"}}");
                expression = expression.replace(&named, &format!("({inner})"));
            }
            all.insert((record, slo, label("window").unwrap_or("").to_owned()), expression);
        }
    }
    all
}

/// What an objective's points gave at a moment.
fn then(slo: &Slo, points: &[Point], at: Timestamp) -> SloStatus {
    let known = points.partition_point(|point| point.at <= at);
    status(slo, &points[..known], &NO_POLICY, &State::default(), at)
}

async fn points(ledger: &Ledger, slo: &Slo) -> Vec<Point> {
    ledger.points(&slo.digest(), Timestamp::MIN).await.unwrap()
}

#[track_caller]
fn same(prometheus: Option<f64>, ours: Option<f64>, what: &str) {
    let both = prometheus.zip(ours);
    assert!(both.is_some(), "{what}: Prometheus says {prometheus:?}, the ledger {ours:?}");
    let (theirs, ours) = both.unwrap();
    assert!((theirs - ours).abs() <= 1e-6 * ours.abs(), "{what}: Prometheus says {theirs}, the ledger {ours}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_of_four_weeks_gives_the_budgets_of_the_ledger_to_six_digits() {
    let Some(promtool) = tools::find("promtool", "prometheus") else { return };
    let Some(program) = tools::find("prometheus", "prometheus") else { return };
    let slos = demo::slos();
    let end = Timestamp::from_second(Timestamp::now().as_second() / QUARTER * QUARTER - 4 * 3600).unwrap();
    let lab = recorded(&slos, end).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plimsoll.yaml"), demo::CONFIGURATION).unwrap();
    let (ledger, until) = (lab.home.argument(), end.to_string());
    let labels = ["--instance", "plimsoll:9090", "--label", "cluster=a"];
    let whole = ["export", "backfill", "--ledger", &ledger, "--until", &until, "--into", "past.om"];
    let output = plimsoll(folder.path(), &[whole.as_slice(), &labels].concat());
    assert!(output.status.success() && output.stdout.is_empty(), "{}", said(&output));

    let past = folder.path().join("past.om");
    let server = Prometheus::start_with(&program, "127.0.0.1:1", |data| {
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=672h"];
        let output = Command::new(&promtool).args(arguments).args([&past, data]).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    });
    server.wait_for("vector(1)", |value| value > 0.0);
    let loaded = server.get("rules", []).unwrap().to_string();
    assert!(loaded.contains("plimsoll-budget-critical-open"), "the exported rules are those of the server: {loaded}");
    same(
        server.value("count(plimsoll_slo_window_seconds{instance='plimsoll:9090',cluster='a'})", Some(end)),
        Some(5.0),
        "series",
    );

    let expressions = expressions(&slos);
    let now = statuses(&lab.ledger, &slos, &NO_POLICY, end).await.unwrap();
    for (slo, now) in slos.iter().zip(now) {
        let points = points(&lab.ledger, slo).await;
        let remaining =
            &expressions[&("plimsoll:slo_budget_remaining:ratio".to_owned(), slo.name.to_string(), String::new())];
        assert_eq!(then(slo, &points, end).spent, now.spent);
        let quarters = SignedDuration::from_secs(QUARTER);
        for at in [end, end - quarters, end - quarters * 7, end - quarters * 864, end - quarters * 1100] {
            let ours = then(slo, &points, at);
            let what = format!("{} at {at}", slo.name);
            let left = ours.spent.remaining;
            assert!(left.is_some_and(|left| left < 0.99 && left.abs() > 0.01), "{what} proves something: {left:?}");
            same(server.value(remaining, Some(at)), left, &what);
            for (window, rate) in &ours.burn_rates {
                let label = plimsoll::metrics::window_name(*window);
                let on_grid = window.as_secs().is_multiple_of(QUARTER.unsigned_abs());
                let recorded = ("plimsoll:slo_burn:ratio".to_owned(), slo.name.to_string(), label.clone());
                // Where nothing was due, a share of it has no value in PromQL.
                if let (true, Some(rate)) = (on_grid && !slo.indicator.counts_findings(), rate) {
                    same(server.value(&expressions[&recorded], Some(at)), Some(*rate), &format!("{what} over {label}"));
                }
            }
        }
        let gauge = format!("plimsoll_slo_budget_remaining_ratio{{slo='{}'}}", slo.name);
        let last = points.last().unwrap().at;
        same(
            server.value(&gauge, Some(end)),
            then(slo, &points, last).spent.remaining,
            "the gauge is that of the last scan",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::new(Home::file(), &[("site", false)]).await;
    lab.scan(1_760_000_000).await;
    let ledger = lab.home.argument();
    let asked = |arguments: &[&str]| {
        plimsoll(folder.path(), &[&["export", "backfill", "--ledger", ledger.as_str()], arguments].concat())
    };
    let none = asked(&[]);
    assert_eq!(none.status.code(), Some(1));
    assert!(said(&none).contains("the configuration has no objectives"), "{}", said(&none));

    std::fs::write(folder.path().join("plimsoll.yaml"), demo::CONFIGURATION).unwrap();
    let unmeasured = asked(&[]);
    assert!(unmeasured.status.success(), "{}", said(&unmeasured));
    let text = String::from_utf8(unmeasured.stdout.clone()).unwrap();
    assert!(text.ends_with("# EOF\n") && !text.contains('{'), "{text}");
    assert_eq!(said(&unmeasured).matches("it was not measured by then").count(), 5, "{}", said(&unmeasured));

    for (wrong, problem) in [
        (["--step", "0s"].as_slice(), "at least 1s"),
        (&["--since", "1h"], "is not before"),
        (&["--label", "slo=x"], "there already"),
        (&["--label", "1x=y"], "name of a label"),
        (&["--label", "x"], "has no value"),
        (&["--until", "soon"], "neither a length of time nor a moment"),
    ] {
        let refused = asked(wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(said(&refused).contains(problem), "{wrong:?}: {}", said(&refused));
    }
    let config = Config::parse(demo::CONFIGURATION, Path::new("plimsoll.yaml")).unwrap();
    assert_eq!(config.slos().len(), 5);
}
