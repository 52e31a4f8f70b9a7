//! The ledger under `kill -9`: whatever moment it comes, the ledger opens, holds a whole scan as
//! the latest, and has lost nothing that was acknowledged.
//!
//! The process that is killed is this test binary, running [`scans_in_a_row_are_consistent`]
//! without end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::findings::advance;
use plimsoll::ledger::{FindingFilter, Ledger, ScanId, ScanRecord};
use plimsoll::model::{
    AccountId, Bucket, Denial, Evaluation, LedgerPlace, Listing, Pointer, Region, Remediation, Resource, ResourceId,
    ResourceKey, ResourceType, Rule, RuleId, Severity, Snapshot, Verdict,
};
use plimsoll::sli::{Calls, EvaluationCounts, assess, states};
use plimsoll::slo::Measure;

use crate::ledger_postgres::Home;

const OBJECTIVE: &str = "an objective";
const LEDGER: &str = "PLIMSOLL_TEST_LEDGER";
const KILLS: usize = 50;
const BUCKETS: i64 = 100;
const INTERVAL: SignedDuration = SignedDuration::from_mins(15);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn scans_in_a_row_are_consistent() {
    if let Ok(place) = std::env::var(LEDGER) {
        runtime().block_on(record_until_killed(&LedgerPlace::new(&place)));
    }
    let home = Home::file();
    for expected in 1..=3 {
        assert_eq!(runtime().block_on(record_next(&home.place())), expected);
        assert_eq!(runtime().block_on(verify(&home.place())), expected);
    }
}

#[test]
fn a_killed_recording_leaves_a_whole_scan_as_the_latest_in_a_file() {
    kill_at_random_moments(&Home::file());
}

#[test]
fn a_killed_recording_leaves_a_whole_scan_as_the_latest_in_postgres() {
    if let Some(home) = runtime().block_on(Home::postgres()) {
        kill_at_random_moments(&home);
    }
}

/// Afterwards the ledger is the one in which exactly the recorded scans were recorded, and never
/// anything was cut off.
fn kill_at_random_moments(home: &Home) {
    let mut latest = 0;
    for _ in 0..KILLS {
        let acknowledged = record_and_kill(home, Duration::from_micros(fastrand::u64(0..150_000)));
        latest = runtime().block_on(verify(&home.place()));
        assert!(
            latest == acknowledged || latest == acknowledged + 1,
            "scan {acknowledged} was acknowledged, and the latest is {latest}"
        );
    }
    let undisturbed = Home::file();
    runtime().block_on(async {
        for scan in 1..=latest {
            assert_eq!(record_next(&undisturbed.place()).await, scan);
        }
        let (killed, undisturbed) = (export(home).await, export(&undisturbed).await);
        for (killed, undisturbed) in killed.lines().zip(undisturbed.lines()) {
            assert_eq!(killed, undisturbed);
        }
        assert_eq!(killed.len(), undisturbed.len());
    });
}

async fn export(home: &Home) -> String {
    let mut bytes = Vec::new();
    home.ledger().await.export(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Lets a process record until it has acknowledged a scan and some time has passed, and kills
/// it. Gives the last scan it acknowledged.
fn record_and_kill(home: &Home, patience: Duration) -> ScanId {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::scans_in_a_row_are_consistent", "--nocapture"])
        .env(LEDGER, home.argument())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines =
        BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).filter_map(|line| acknowledged(&line));
    let first = lines.next().unwrap();
    std::thread::sleep(patience);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.last().unwrap_or(first)
}

fn acknowledged(line: &str) -> Option<ScanId> {
    line.rsplit_once("recorded ").and_then(|(_, scan)| scan.parse().ok())
}

async fn record_until_killed(place: &LedgerPlace) {
    loop {
        let scan = record_next(place).await;
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "\nrecorded {scan}").unwrap();
        stdout.flush().unwrap();
    }
}

fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

fn taken_at(scan: ScanId) -> Timestamp {
    Timestamp::constant(0, 0) + SignedDuration::from_mins(15 * scan)
}

/// The estate at a scan: from one to the next a third of the buckets change, and some come and go.
fn snapshot(scan: ScanId) -> Snapshot {
    let mut snapshot = Snapshot::empty(taken_at(scan));
    snapshot.listings.push(Listing {
        account: account(),
        region: Region::global(),
        resource_type: ResourceType::Bucket,
        complete: true,
        listed_before: false,
    });
    snapshot.resources =
        (0..BUCKETS).filter(|bucket| (bucket + scan) % 7 != 0).map(|bucket| resource(scan, bucket)).collect();
    snapshot.sort();
    snapshot
}

fn resource(scan: ScanId, bucket: i64) -> Resource {
    let name = format!("bucket-{bucket:03}");
    let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
    let mut resource = Resource::new(id, account(), Region::new("eu-central-1").unwrap(), name, Bucket::default());
    resource.tags.insert("state".to_owned(), ((scan + bucket) / 3 % 5).to_string());
    resource
}

fn rule() -> Rule {
    Rule {
        id: RuleId::new("aws-s3-tagged").unwrap(),
        title: String::new(),
        description: String::new(),
        severity: Severity::High,
        severity_reason: None,
        enabled: true,
        resource_types: vec![ResourceType::Bucket],
        controls: BTreeMap::new(),
        reads: vec![Pointer::new("/tags")],
        reads_now: false,
        remediation: Remediation { text: String::new(), terraform: None, cli: None },
        related_resources: Vec::new(),
        digest: "1".to_owned(),
    }
}

fn evaluate(snapshot: &Snapshot) -> Vec<Evaluation> {
    let verdict = |resource: &Resource| match resource.tags["state"].as_str() {
        "0" | "1" => Verdict::Fail {
            denials: vec![Denial {
                message: format!("state {}", resource.tags["state"]),
                path: Pointer::new("/tags/state"),
                because: Vec::new(),
                topic: None,
            }],
            open: Vec::new(),
        },
        "2" => Verdict::Unknown { causes: vec!["state".to_owned()] },
        _ => Verdict::Pass,
    };
    snapshot
        .resources
        .iter()
        .map(|resource| Evaluation {
            rule: rule().id,
            severity: Severity::High,
            resource: ResourceKey::from(resource),
            verdict: verdict(resource),
        })
        .collect()
}

/// Records the scan that follows the latest one.
async fn record_next(place: &LedgerPlace) -> ScanId {
    let ledger = Ledger::open(place).await.unwrap();
    let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let scan = ledger.last_scan().await.unwrap().map_or(1, |last| last.scan.id + 1);
    let snapshot = snapshot(scan);
    let evaluations = evaluate(&snapshot);
    let known = ledger.findings(&FindingFilter::default()).await.unwrap();
    let rules = [rule()];
    let assessment = assess(&snapshot, &evaluations, &rules);
    let resources = assessment.overall.resources;
    let measure = Measure { resources, open: resources.fail.total(), within: 1, late: 0 };
    let record = ScanRecord {
        started: snapshot.taken_at,
        finished: snapshot.taken_at + SignedDuration::from_mins(1),
        interval: INTERVAL,
        snapshot: &snapshot,
        memory: &ledger.memory().await.unwrap(),
        documents: &snapshot.content_hashes(),
        states: &states(&snapshot, &evaluations, &rules),
        evaluations: &evaluations,
        rules: &rules,
        judged: &[],
        work: EvaluationCounts::default(),
        assessment: &assessment,
        transitions: &advance(&known, &evaluations, &snapshot, snapshot.taken_at),
        stepped: None,
        detections: &[],
        changes: &[],
        rules_digest: "1",
        waivers_digest: "",
        calls: &Calls::new(),
        measures: &[(OBJECTIVE.to_owned(), measure)],
    };
    let recorded = writer.record(&record).await.unwrap().scan.id;
    writer.release().await;
    ledger.close().await;
    recorded
}

/// Checks that every table tells the same story as the latest scan, and gives its number.
async fn verify(place: &LedgerPlace) -> ScanId {
    let ledger = Ledger::open(place).await.unwrap();
    ledger.check().await.unwrap();
    let last = ledger.last_scan().await.unwrap().unwrap();
    let scan = last.scan.id;
    let expected = snapshot(scan);
    assert_eq!(ledger.previous_snapshot().await.unwrap().unwrap(), expected);
    assert_eq!(last.assessment, assess(&expected, &evaluate(&expected), &[rule()]));

    assert_eq!(ledger.scans(u32::MAX).await.unwrap().len(), usize::try_from(scan).unwrap());
    assert_eq!(last.counters.scan_runs, u64::try_from(scan).unwrap());
    let whole = ledger.window(taken_at(0), last.standing.at).await.unwrap();
    assert_eq!(whole, last.counters.integrals);
    let tally = ledger.tally(OBJECTIVE, last.standing.at).await.unwrap().unwrap();
    assert_eq!((tally.resources, tally.within), (whole.overall(), u64::try_from(scan).unwrap()));

    let open = FindingFilter { open: Some(true), ..FindingFilter::default() };
    let open = ledger.findings(&open).await.unwrap();
    assert_eq!(last.standing.findings.high, open.len() as u64);
    let failing = last.assessment.overall.resources.fail.high;
    assert_eq!(open.iter().filter(|finding| finding.last_seen == expected.taken_at).count() as u64, failing);
    ledger.close().await;
    scan
}
