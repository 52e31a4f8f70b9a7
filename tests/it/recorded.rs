//! A scan that went into the ledger, as the server shows it: at once, and after a restart.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::findings::advance;
use plimsoll::ledger::{FailedScan, FindingFilter, LastScan, Ledger, ScanRecord};
use plimsoll::metrics::{Build, Published, render};
use plimsoll::model::{Evaluation, Rule, Snapshot};
use plimsoll::server::{Completed, ScanOutcome, Scanned, history};
use plimsoll::sli::{Calls, EvaluationCounts, State, assess, states};

use crate::{metrics, server};

fn blank() -> Published {
    let build = Build { version: "0.1.0".to_owned(), revision: "unknown".to_owned(), rules_digest: "1".to_owned() };
    Published::before_the_first_scan(build, Duration::from_mins(15))
}

/// Records a scan that took a minute, with its findings.
async fn record(ledger: &Ledger, snapshot: &Snapshot, evaluations: &[Evaluation], rules: &[Rule]) -> LastScan {
    let known = ledger.findings(&FindingFilter::default()).await.unwrap();
    let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let record = ScanRecord {
        started: snapshot.taken_at,
        finished: snapshot.taken_at + SignedDuration::from_mins(1),
        interval: SignedDuration::from_mins(15),
        snapshot,
        memory: &ledger.memory().await.unwrap(),
        documents: &snapshot.content_hashes(),
        states: &states(snapshot, evaluations, rules),
        evaluations,
        rules,
        judged: &[],
        work: EvaluationCounts { judged: 5, reused: 0 },
        assessment: &assess(snapshot, evaluations, rules),
        transitions: &advance(&known, evaluations, snapshot, snapshot.taken_at),
        stepped: None,
        detections: &[],
        changes: &[],
        rules_digest: "1",
        waivers_digest: "",
        calls: &Calls::new(),
        measures: &[],
    };
    writer.record(&record).await.unwrap()
}

#[tokio::test]
async fn a_restart_goes_on_where_the_ledger_left_off() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    let taken_at: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let (snapshot, evaluations, rules) = server::estate(taken_at);
    let last = record(&ledger, &snapshot, &evaluations, &rules).await;
    let shown = Scanned::from(Completed {
        page: blank(),
        last,
        snapshot: &snapshot,
        evaluations: &evaluations,
        rules: &rules,
        findings: ledger.findings(&FindingFilter::default()).await.unwrap(),
        changes: Vec::new(),
        waivers: BTreeMap::new(),
        durations: BTreeMap::new(),
        scans: history(&ledger).await.unwrap(),
    });
    let remembered = Scanned::remembered(&ledger, blank()).await.unwrap();

    let later = taken_at + SignedDuration::from_hours(2);
    let page = render(&remembered.published, later);
    assert_eq!(page, render(&shown.published, later));
    // One of five buckets fails and one is unknown, and the values hold for 31 minutes after 12:01.
    assert!(page.contains("plimsoll_failing_resources_ratio 0.25\n"));
    assert!(page.contains("plimsoll_coverage_ratio 0.8\n"));
    assert!(page.contains(&format!(
        "plimsoll_resource_seconds_total{{aws_service=\"s3\",state=\"fail\",worst_severity=\"high\"}} {}\n",
        31 * 60
    )));
    assert!(page.contains("plimsoll_findings_opened_total{severity=\"high\"} 1\n"));

    assert_eq!(remembered.estate.findings, shown.estate.findings);
    assert_eq!(remembered.estate.gaps, shown.estate.gaps);
    assert_eq!(remembered.estate.scans, shown.estate.scans);
    let states = |scanned: &Scanned| -> Vec<Option<State>> {
        scanned.estate.resources.iter().map(|resource| resource.state).collect()
    };
    assert_eq!(states(&remembered), states(&shown));
    assert_eq!(shown.estate.resources.iter().map(|resource| resource.evaluations.len()).sum::<usize>(), 5);
}

#[tokio::test]
async fn a_failed_scan_is_in_the_history_and_no_counter_falls_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    let taken_at: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let (snapshot, evaluations, rules) = server::estate(taken_at);
    record(&ledger, &snapshot, &evaluations, &rules).await;
    let before = Scanned::remembered(&ledger, blank()).await.unwrap();

    let started = taken_at + SignedDuration::from_mins(15);
    let finished = started + SignedDuration::from_secs(2);
    let (reason, message) = ("connect".to_owned(), "the credentials have expired".to_owned());
    let failed = FailedScan { started, finished, reason, message };
    ledger.writer("a test", Duration::from_secs(10)).await.unwrap().record_failure(&failed).await.unwrap();
    let after = Scanned::remembered(&ledger, blank()).await.unwrap();

    let outcomes: Vec<ScanOutcome> = after.estate.scans.iter().map(|scan| scan.outcome).collect();
    assert_eq!(outcomes, [ScanOutcome::Failed, ScanOutcome::Incomplete]);
    let page = render(&after.published, finished);
    metrics::assert_no_counter_fell(&render(&before.published, finished), &page);
    assert!(page.contains("plimsoll_scan_failures_total{reason=\"connect\"} 1\n"));
    assert!(page.contains(&format!("plimsoll_scan_last_start_timestamp_seconds {}\n", started.as_second())));
    assert!(page.contains(&format!("plimsoll_scan_last_success_timestamp_seconds {}\n", taken_at.as_second() + 60)));
}

#[tokio::test]
async fn an_empty_ledger_shows_nothing_yet() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    let remembered = Scanned::remembered(&ledger, blank()).await.unwrap();
    assert_eq!(remembered.published, blank());
    assert!(remembered.estate.scans.is_empty());
}
