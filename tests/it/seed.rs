//! `plimsoll slo seed`: an objective that gets its past from what scans left is the same as one that
//! was measured all along; and what does not follow from that is left alone.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use jiff::Timestamp;
use plimsoll::config::Config;
use plimsoll::ledger::Ledger;
use plimsoll::model::{Finding, Pointer, Severity};
use plimsoll::slo::{PastScan, Point, Slo, seeded};
use proptest::prelude::*;
use serde_json::Value;

use crate::ledger_lab::{Lab, at};
use crate::ledger_postgres::Home;

/// Everything that follows from the past.
const TOLD: &str = "\
slos:
  - {name: all, indicator: {type: compliance}, target: 0.99}
  - {name: high, indicator: {type: compliance, severity: high}, target: 0.99}
  - {name: buckets, indicator: {type: coverage, services: [s3, iam]}, target: 0.95}
  - {name: others, indicator: {type: coverage, services: [ec2]}, target: 0.95}
  - {name: open, indicator: {type: open_time}, budget: 1h}
  - {name: fixed, indicator: {type: remediation, within: 2h}, target: 0.9}
  - {name: fixed-high, indicator: {type: remediation, severity: high, within: 30m}, target: 0.9}
";

const UNTOLD: &str = "  - {name: tagged, indicator: {type: compliance, tags: {team: web}}, target: 0.99}
  - {name: ruled, indicator: {type: open_time, rules: ['aws-s3-*']}, budget: 1h}
  - {name: one-account, indicator: {type: coverage, accounts: ['111122223333']}, target: 0.99}
  - {name: framed, indicator: {type: compliance, frameworks: [cis-5.0]}, target: 0.99}
  - {name: both, indicator: {type: compliance, severity: high, services: [s3]}, target: 0.99}
  - {name: detected, indicator: {type: detection, within: 1h}, target: 0.9}
";

fn slos(text: &str) -> Vec<Slo> {
    Config::parse(text, Path::new("plimsoll.yaml")).unwrap().slos()
}

/// What the next scan finds.
#[derive(Debug, Clone)]
enum Then {
    Bucket(u8, Option<bool>),
    List(Option<bool>),
    Waived(bool),
    Denied(bool),
    Severity(Severity),
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        6 => (0_u8..4, prop::option::weighted(0.8, any::<bool>())).prop_map(|(bucket, public)| Then::Bucket(bucket, public)),
        1 => prop::option::of(any::<bool>()).prop_map(Then::List),
        1 => any::<bool>().prop_map(Then::Waived),
        1 => any::<bool>().prop_map(Then::Denied),
        1 => prop::sample::select(vec![Severity::High, Severity::Low]).prop_map(Then::Severity),
    ]
}

impl Then {
    fn happen(&self, lab: &mut Lab) {
        match self {
            Self::Bucket(bucket, Some(public)) => drop(lab.buckets.insert(format!("b{bucket}"), *public)),
            Self::Bucket(bucket, None) => drop(lab.buckets.remove(&format!("b{bucket}"))),
            Self::List(whole) => lab.whole = *whole,
            Self::Waived(waived) => lab.waived = *waived,
            Self::Denied(denied) => lab.denied = denied.then(|| Pointer::new("/tags")),
            Self::Severity(severity) => {
                lab.rule.severity = *severity;
                severity.name().clone_into(&mut lab.rule.digest);
            }
        }
    }
}

async fn past(ledger: &Ledger, slo: &Slo) -> (Vec<PastScan>, Vec<Finding>) {
    let scans = ledger.past_scans(&slo.slice().unwrap(), Timestamp::MIN).await.unwrap();
    let openings = ledger.open_between(Timestamp::MIN, scans.last().unwrap().taken_at).await.unwrap();
    (scans, openings.into_iter().map(|(_, finding)| finding).collect())
}

/// The same scans twice, measured in one ledger and not in the other; that one gets its past at the
/// end, and then both go on for a scan.
async fn compare(history: &[(i64, Then)]) {
    let mut measured = Lab::new(Home::file(), &[("b0", true)]).await;
    let mut unmeasured = Lab::new(Home::file(), &[("b0", true)]).await;
    measured.slos = slos(TOLD);
    let mut second = 1_000_000;
    for (after, then) in history {
        second += after;
        for lab in [&mut measured, &mut unmeasured] {
            then.happen(lab);
            lab.scan(second).await;
        }
    }
    let ledger = &unmeasured.ledger;
    let rules = ledger.rules().await.unwrap();
    let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    for slo in &measured.slos {
        let (scans, findings) = past(ledger, slo).await;
        let points = seeded(slo, &scans, &findings, &rules);
        // The last scan was made under other rules than all before.
        if points.is_empty() && slo.scope.severity.is_some() {
            continue;
        }
        assert!(ledger.seed(&writer, &slo.digest(), &points).await.unwrap());
        assert!(!ledger.seed(&writer, &slo.digest(), &points).await.unwrap(), "once only");
    }
    writer.release().await;
    unmeasured.slos.clone_from(&measured.slos);
    for lab in [&measured, &unmeasured] {
        lab.scan(second + 4000).await;
    }
    for slo in &measured.slos {
        let ours = ledger.points(&slo.digest(), Timestamp::MIN).await.unwrap();
        let theirs = measured.ledger.points(&slo.digest(), Timestamp::MIN).await.unwrap();
        if slo.scope.severity.is_none() {
            assert_eq!(ours, theirs, "{}", slo.name);
        }
        same_end(slo, &ours, &theirs);
    }
    ledger.check().await.unwrap();
}

/// A past that begins later tells the same from then on.
#[track_caller]
fn same_end(slo: &Slo, ours: &[Point], theirs: &[Point]) {
    let theirs = &theirs[theirs.len() - ours.len()..];
    let stands = |point: &Point| (point.at, point.hold, point.measure);
    assert_eq!(
        ours.iter().map(stands).collect::<Vec<_>>(),
        theirs.iter().map(stands).collect::<Vec<_>>(),
        "{}",
        slo.name
    );
    let (first, begun) = (ours[0].tally, theirs[0].tally);
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.tally.since(&first), theirs.tally.since(&begun), "{} at {}", slo.name, ours.at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_seeded_objective_is_one_that_was_measured_all_along(
        history in prop::collection::vec((120_i64..7000, then()), 1..14),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(compare(&history));
    }
}

fn seed(folder: &Path, lab: &Lab, arguments: &[&str]) -> Output {
    let ledger = lab.home.argument();
    let all = [&["slo", "seed", "--ledger", ledger.as_str()], arguments].concat();
    Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(all).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_follow_is_left_alone_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plimsoll.yaml"), [TOLD, UNTOLD].concat()).unwrap();
    let mut lab = Lab::new(Home::file(), &[("site", true), ("logs", false)]).await;
    for second in [1_000_000, 1_000_900, 1_001_800] {
        lab.scan(second).await;
        lab.buckets.insert("site".to_owned(), second != 1_000_000);
    }
    let dry = seed(folder.path(), &lab, &["--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    let text = said(&dry);
    assert!(
        text.contains("all          would have 3 points from 1970-01-12 13:47 UTC to 1970-01-12 14:17 UTC: "),
        "{text}"
    );
    for (name, reason) in [
        ("tagged", "by tag"),
        ("ruled", "by rule"),
        ("one-account", "by account"),
        ("framed", "by framework"),
        ("both", "not by both"),
        ("detected", "how long it took to detect"),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        assert!(line.contains("left alone: ") && line.contains(reason), "{line}");
        assert_eq!(seed(folder.path(), &lab, &[name]).status.code(), Some(1), "{name} was asked for");
    }
    for slo in slos(TOLD) {
        assert_eq!(lab.ledger.measured_since(&slo.digest()).await.unwrap(), None, "{} is dry", slo.name);
    }

    let written = seed(folder.path(), &lab, &["--format", "json"]);
    let report: Value = serde_json::from_slice(&written.stdout).unwrap();
    assert_eq!(report["written"], true);
    let of = |name: &str| report["objectives"].as_array().unwrap().iter().find(|one| one["slo"] == name).unwrap();
    assert_eq!(of("open")["points"], 3);
    assert_eq!(of("tagged")["refused"], "past states are not kept by tag");
    // One finding was open for 900 s of 3,600, and another one has just opened.
    assert_eq!(of("open")["remaining"], 0.75);
    let again = said(&seed(folder.path(), &lab, &["all"]));
    assert!(again.contains("left alone: it is measured already, since 1970-01-12 13:47 UTC"), "{again}");
    assert_eq!(seed(folder.path(), &lab, &["nobody"]).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_that_was_pruned_begins_after_the_first_scan_that_is_kept() {
    let lab = Lab::new(Home::file(), &[("site", true)]).await;
    for scan in 0..5 {
        lab.scan(1_000_000 + 900 * scan).await;
    }
    let writer = lab.ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    lab.ledger.prune(&writer, at(1_001_000)).await.unwrap();
    writer.release().await;
    let slo = slos(TOLD).remove(4);
    let (scans, findings) = past(&lab.ledger, &slo).await;
    let points = seeded(&slo, &scans, &findings, &lab.ledger.rules().await.unwrap());
    assert_eq!(points.iter().map(|(scan, _)| *scan).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(points.last().unwrap().1.tally.open, 1_800_000);
    assert_eq!(seeded(&slo, &[], &[], &[]), Vec::new());
}
