//! How long detection takes: as a bound, exactly by CloudTrail, counted once, never below the truth.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::ledger::{FindingFilter, Ledger};
use plimsoll::model::{Detected, DetectionBound, Finding, Pattern};
use plimsoll::scan::{self, Account, Outcome, Terms};
use plimsoll::simulator::{self, Bucket, Estate, Fault, FaultKind, Region, Simulator, TrailEvent, When};
use plimsoll::slo::policy::NO_POLICY;
use plimsoll::slo::{Indicator, Scope as SloScope, Slo, SloName, TimeWindow};
use plimsoll::source::aws::{Organization, Scope};
use proptest::prelude::*;
use serde_json::Value;

use crate::estate::{Ended, INTERVAL, account, folder, judge, limits, program_on, run_beside, serve, small, time};
use crate::ledger_postgres::Home;

const RULE: &str = "aws-s3-versioned";
const BUCKET: &str = "nordwind-ledger";
const ADA: &str = "arn:aws:iam::111122223333:user/ada";
/// How long a scan takes here.
const TOOK: SignedDuration = SignedDuration::from_mins(1);

/// One account with one bucket, which is versioned or not, and a ledger.
struct Lab {
    simulator: Simulator,
    account: Account,
    ledger: Ledger,
    /// Where it is; gone with the lab.
    _home: Home,
    slos: Vec<Slo>,
    cloudtrail: bool,
}

fn bucket(versioned: bool) -> Bucket {
    Bucket {
        name: BUCKET.to_owned(),
        region: "eu-central-1".to_owned(),
        versioning: versioned.then(|| "Enabled".to_owned()),
        ..Bucket::default()
    }
}

fn detection_within(within: Duration) -> Slo {
    Slo {
        name: SloName::new("detected").unwrap(),
        description: String::new(),
        scope: SloScope { rules: vec![Pattern::new(RULE)], ..SloScope::default() },
        indicator: Indicator::Detection { target: 0.9, within },
        window: TimeWindow::Rolling(Duration::from_hours(672)),
        tiers: Vec::new(),
    }
}

impl Lab {
    async fn new(home: Home, cloudtrail: bool) -> Self {
        let alone = simulator::Account {
            id: "111122223333".to_owned(),
            access_key: "AKIADETECTION".to_owned(),
            caller: "scanner".to_owned(),
            buckets: vec![bucket(true)],
            regions: BTreeMap::from([("eu-central-1".to_owned(), Region::default())]),
            ..simulator::Account::default()
        };
        let simulator = serve(Estate::of(vec![alone], time(0)).unwrap()).await;
        let account = account(&simulator, "AKIADETECTION", limits());
        let slos = vec![detection_within(Duration::from_mins(10))];
        Self { simulator, account, ledger: home.ledger().await, _home: home, slos, cloudtrail }
    }

    async fn scan(&self, at: Timestamp) -> Outcome {
        let scope = Scope {
            organization: Organization::Off,
            wanted: judge().wanted_of_buckets(),
            judged: judge().judged(),
            ..Scope::default()
        };
        let account = std::slice::from_ref(&self.account);
        let collected = scan::collect(account, &scope, &|_| {}, &move || at).await.unwrap();
        let writer = self.ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
        let terms = Terms {
            interval: INTERVAL,
            slos: &self.slos,
            policy: &NO_POLICY,
            cloudtrail: self.cloudtrail,
            targets: &[],
        };
        let ended = move || at + TOOK;
        let outcome = scan::conclude(&self.ledger, &writer, judge(), collected, terms, &ended).await.unwrap();
        writer.release().await;
        self.ledger.check().await.unwrap();
        self.check_histograms().await;
        outcome
    }

    /// Sets the bucket, or takes it away.
    fn set(&self, versioned: Option<bool>) {
        self.simulator
            .change(|estate| estate.first_mut().unwrap().buckets = versioned.map(bucket).into_iter().collect());
    }

    /// Tells CloudTrail of a call.
    fn tell(&self, name: &str, at: Timestamp) {
        self.tell_event(|event| TrailEvent { name: name.to_owned(), at, ..event });
    }

    fn tell_event(&self, change: impl FnOnce(TrailEvent) -> TrailEvent) {
        self.simulator.change(|estate| {
            let events = &mut estate.first_mut().unwrap().events;
            let event = TrailEvent {
                id: format!("event-{}", events.len()),
                at: time(0),
                region: "eu-central-1".to_owned(),
                source: "s3.amazonaws.com".to_owned(),
                name: "PutBucketVersioning".to_owned(),
                who: ADA.to_owned(),
                resources: vec![("AWS::S3::Bucket".to_owned(), BUCKET.to_owned())],
                reads: false,
                error: None,
            };
            events.push(change(event));
        });
    }

    fn fault(&self, kind: FaultKind, service: &str, operation: &str) {
        self.simulator.set_faults(vec![Fault::new(kind).of(service, operation)]);
    }

    /// The finding as the ledger has it.
    async fn finding(&self) -> Finding {
        let findings = self.ledger.findings(&FindingFilter::default()).await.unwrap();
        findings.into_iter().find(|finding| finding.rule.as_str() == RULE).unwrap()
    }

    async fn detected(&self) -> Option<Detected> {
        self.finding().await.detected
    }

    /// How many openings of the rule were counted in time, and late.
    async fn counted(&self) -> (u64, u64) {
        let tally = self.ledger.tally(&self.slos[0].digest(), time(400)).await.unwrap().unwrap();
        (tally.within, tally.late)
    }

    /// Every opening whose delay is settled is in the histogram, once.
    async fn check_histograms(&self) {
        let awaited = self.ledger.awaited().await.unwrap();
        let is_awaited = |finding: &Finding| {
            let same = |other: &Finding| other.id == finding.id && other.reopened == finding.reopened;
            awaited.iter().any(|detection| same(&detection.finding))
        };
        let opened = self.ledger.opened(Timestamp::MIN, Timestamp::MAX).await.unwrap();
        let counters = self.ledger.counters().await.unwrap();
        for bound in DetectionBound::ALL {
            let settled = opened.iter().filter(|(_, finding)| {
                finding.detected.as_ref().is_some_and(|detected| detected.bound == *bound) && !is_awaited(finding)
            });
            let histograms = counters.detection.get(bound).map(BTreeMap::values).into_iter().flatten();
            let counted: u64 = histograms.map(plimsoll::sli::Histogram::count).sum();
            assert_eq!(counted, settled.count() as u64, "{bound:?}");
        }
    }
}

async fn homes() -> Vec<Home> {
    [Some(Home::file()), Home::postgres().await].into_iter().flatten().collect()
}

fn minutes(detected: Option<Detected>) -> (DetectionBound, u64) {
    let detected = detected.unwrap();
    assert_eq!(detected.delay_seconds % 60, 0);
    (detected.bound, detected.delay_seconds / 60)
}

const UPPER: DetectionBound = DetectionBound::Upper;
const EXACT: DetectionBound = DetectionBound::Exact;

fn minute(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn a_change_between_two_scans_is_bounded_by_the_first_of_them() {
    for home in homes().await {
        let lab = Lab::new(home, false).await;
        lab.scan(time(0)).await;
        lab.set(Some(false));
        let outcome = lab.scan(time(1)).await;
        assert_eq!(minutes(lab.detected().await), (UPPER, 15));
        let opened = outcome.transitions.iter().find(|one| one.finding.rule.as_str() == RULE).unwrap();
        assert_eq!(opened.finding.detected, lab.detected().await, "and the scan itself says so");
        assert_eq!(lab.counted().await, (0, 1), "15 min are more than 10");
        lab.scan(time(2)).await;
        assert_eq!(minutes(lab.detected().await), (UPPER, 15), "seen again, it is the same opening");
        lab.set(Some(true));
        lab.scan(time(3)).await;
        lab.set(Some(false));
        lab.scan(time(3) + minute(8)).await;
        assert_eq!((minutes(lab.detected().await), lab.finding().await.reopened), ((UPPER, 8), 1));
        assert_eq!(lab.counted().await, (1, 1));
    }
}

#[tokio::test]
async fn what_a_first_scan_finds_has_no_delay() {
    for home in homes().await {
        let lab = Lab::new(home, false).await;
        lab.set(Some(false));
        lab.scan(time(0)).await;
        lab.scan(time(1)).await;
        assert_eq!((lab.detected().await, lab.counted().await), (None, (0, 0)));
    }
}

/// A resource that appears was not there when the list was whole last; one that is listed for the first
/// time may have been there for years.
#[tokio::test]
async fn a_new_resource_is_bounded_by_the_last_whole_list() {
    for home in homes().await {
        let lab = Lab::new(home, false).await;
        lab.set(None);
        lab.scan(time(0)).await;
        lab.fault(FaultKind::Denied, "s3", "ListBuckets");
        lab.scan(time(1)).await;
        lab.scan(time(2)).await;
        lab.set(Some(false));
        lab.simulator.reset();
        lab.scan(time(3)).await;
        assert_eq!(minutes(lab.detected().await), (UPPER, 45));
    }
    let lab = Lab::new(Home::file(), false).await;
    lab.set(Some(false));
    lab.fault(FaultKind::Denied, "s3", "ListBuckets");
    lab.scan(time(0)).await;
    lab.scan(time(1)).await;
    lab.simulator.reset();
    lab.scan(time(2)).await;
    assert_eq!(lab.detected().await, None, "no list was ever whole");
}

#[tokio::test]
async fn a_resource_that_could_not_be_read_is_bounded_by_the_last_scan_that_read_it() {
    for operation in ["GetBucketVersioning", "ListBuckets"] {
        for home in homes().await {
            let lab = Lab::new(home, false).await;
            lab.scan(time(0)).await;
            lab.scan(time(1)).await;
            lab.fault(FaultKind::Denied, "s3", operation);
            lab.scan(time(2)).await;
            lab.scan(time(3)).await;
            lab.set(Some(false));
            lab.scan(time(4)).await;
            lab.simulator.reset();
            lab.scan(time(5)).await;
            assert_eq!(minutes(lab.detected().await), (UPPER, 60), "{operation}");
        }
    }
}

/// The resource appeared while nothing could be told of its versioning.
#[tokio::test]
async fn a_resource_that_was_never_known_is_bounded_by_the_list_before_it() {
    for home in homes().await {
        let lab = Lab::new(home, false).await;
        lab.set(None);
        lab.scan(time(0)).await;
        lab.fault(FaultKind::Denied, "s3", "GetBucketVersioning");
        lab.set(Some(true));
        lab.scan(time(1)).await;
        lab.simulator.reset();
        lab.set(Some(false));
        lab.scan(time(2)).await;
        assert_eq!(minutes(lab.detected().await), (UPPER, 30));
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_proves_nothing() {
    let lab = Lab::new(Home::file(), false).await;
    lab.scan(time(2)).await;
    lab.set(Some(false));
    lab.scan(time(1)).await;
    assert_eq!((lab.detected().await, lab.counted().await), (None, (0, 0)));
}

#[tokio::test]
async fn cloudtrail_says_when_and_who() {
    for home in homes().await {
        let lab = Lab::new(home, true).await;
        lab.scan(time(0)).await;
        lab.set(Some(false));
        lab.tell("PutBucketVersioning", time(1) - minute(3));
        lab.tell_event(|event| TrailEvent { at: time(1) - minute(2), error: Some("AccessDenied".to_owned()), ..event });
        lab.tell_event(|event| TrailEvent { at: time(1) - minute(2), reads: true, ..event });
        lab.tell("PutBucketTagging", time(1) - minute(1));
        let outcome = lab.scan(time(1)).await;
        let detected = lab.detected().await.unwrap();
        let event = detected.event.clone().unwrap();
        assert_eq!(
            (event.name.as_str(), event.who.as_str(), event.id.as_str()),
            ("PutBucketVersioning", ADA, "event-0")
        );
        assert_eq!((event.at, minutes(Some(detected))), (time(1) - minute(3), (EXACT, 3)));
        assert_eq!(lab.counted().await, (1, 0));
        assert_eq!(outcome.last.calls["cloudtrail"]["LookupEvents"].calls, 1);
        assert_eq!(outcome.notes, [""; 0]);
    }
}

/// CloudTrail takes up to 15 minutes. What comes within the hour makes the bound exact, and is counted
/// once.
#[tokio::test]
async fn an_event_that_comes_later_is_counted_once() {
    for home in homes().await {
        let lab = Lab::new(home, true).await;
        lab.scan(time(0)).await;
        lab.set(Some(false));
        lab.scan(time(1)).await;
        assert_eq!((minutes(lab.detected().await), lab.counted().await), ((UPPER, 15), (0, 0)));
        lab.tell("PutBucketVersioning", time(1) - minute(4));
        lab.set(Some(true));
        lab.scan(time(2)).await;
        assert_eq!((minutes(lab.detected().await), lab.counted().await), ((EXACT, 4), (1, 0)));
        lab.scan(time(3)).await;
        assert_eq!(lab.counted().await, (1, 0));
    }
}

#[tokio::test]
async fn an_event_that_never_comes_leaves_the_bound() {
    for home in homes().await {
        let lab = Lab::new(home, true).await;
        lab.scan(time(0)).await;
        lab.set(Some(false));
        for scan in 1..=5 {
            lab.scan(time(scan)).await;
            assert_eq!((minutes(lab.detected().await), lab.counted().await), ((UPPER, 15), (0, 0)));
        }
        lab.scan(time(6)).await;
        assert_eq!(lab.counted().await, (0, 1), "an hour after the scan that opened it had ended");
        lab.tell("PutBucketVersioning", time(1) - minute(4));
        lab.scan(time(7)).await;
        assert_eq!((minutes(lab.detected().await), lab.counted().await), ((UPPER, 15), (0, 1)));
        assert_eq!(lab.ledger.awaited().await.unwrap(), []);
    }
}

#[tokio::test]
async fn several_changes_are_no_proof_and_one_program_that_makes_several_calls_is() {
    let lab = Lab::new(Home::file(), true).await;
    lab.scan(time(0)).await;
    lab.set(Some(false));
    lab.tell("PutBucketVersioning", time(1) - minute(9));
    lab.tell("PutBucketVersioning", time(1) - minute(2));
    lab.scan(time(1)).await;
    let detected = lab.detected().await.unwrap();
    assert_eq!(detected.event.as_ref().unwrap().id, "event-1", "the last of them is told");
    assert_eq!(minutes(Some(detected)), (UPPER, 15));
    let lab = Lab::new(Home::file(), true).await;
    lab.scan(time(0)).await;
    lab.set(Some(false));
    lab.tell("PutBucketVersioning", time(1) - minute(5));
    lab.tell("PutBucketVersioning", time(1) - minute(4));
    lab.scan(time(1)).await;
    assert_eq!(minutes(lab.detected().await), (EXACT, 5));
}

/// What was called while the scan before was reading may have been seen by it already.
#[tokio::test]
async fn a_call_that_the_scan_before_may_have_seen_accuses_nobody() {
    let lab = Lab::new(Home::file(), true).await;
    lab.scan(time(0)).await;
    lab.set(Some(false));
    lab.tell("PutBucketVersioning", time(0) + SignedDuration::from_secs(30));
    lab.scan(time(1)).await;
    let detected = lab.detected().await.unwrap();
    assert_eq!((detected.bound, detected.event), (UPPER, None));
}

#[tokio::test]
async fn a_missing_permission_is_a_note_and_no_gap() {
    let lab = Lab::new(Home::file(), true).await;
    let before = lab.scan(time(0)).await;
    lab.set(Some(false));
    lab.fault(FaultKind::Denied, "cloudtrail", "LookupEvents");
    let outcome = lab.scan(time(1)).await;
    assert_eq!((minutes(lab.detected().await), lab.counted().await), ((UPPER, 15), (0, 1)), "nothing is awaited");
    assert!(outcome.snapshot.gaps.iter().all(|gap| gap.operation != "LookupEvents"));
    assert_eq!(outcome.assessment.overall.ratios().coverage, before.assessment.overall.ratios().coverage);
    assert!(before.last.scan.complete && outcome.last.scan.complete);
    let [note] = outcome.notes.as_slice() else { panic!("{:?}", outcome.notes) };
    assert!(note.starts_with("CloudTrail in account 111122223333 did not say who changed"), "{note}");
    assert!(note.contains("cloudtrail:LookupEvents"), "{note}");
}

#[tokio::test]
async fn throttles_pages_and_broken_answers_are_waited_out() {
    let lab = Lab::new(Home::file(), true).await;
    lab.scan(time(0)).await;
    lab.set(Some(false));
    lab.tell("PutBucketVersioning", time(1) - minute(3));
    for _ in 0..60 {
        lab.tell("PutBucketTagging", time(1) - minute(1));
    }
    let first = |kind| Fault::new(kind).of("cloudtrail", "LookupEvents").when(When::First(1));
    lab.simulator.set_faults(vec![first(FaultKind::Throttle), first(FaultKind::Http500)]);
    lab.scan(time(1)).await;
    assert_eq!(minutes(lab.detected().await), (EXACT, 3), "on the second page, after two refusals");
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_hold_the_scan() {
    let mut lab = Lab::new(Home::file(), true).await;
    lab.account.access.limits.attempt = Duration::from_millis(300);
    lab.account.access.limits.operation = Duration::from_millis(300);
    lab.scan(time(0)).await;
    lab.set(Some(false));
    lab.tell("PutBucketVersioning", time(1) - minute(3));
    lab.fault(FaultKind::Hang, "cloudtrail", "LookupEvents");
    let outcome = lab.scan(time(1)).await;
    assert_eq!(minutes(lab.detected().await), (UPPER, 15));
    assert_eq!(outcome.notes.len(), 1);
    lab.simulator.reset();
    lab.scan(time(2)).await;
    assert_eq!(minutes(lab.detected().await), (EXACT, 3), "asked again");
}

#[tokio::test]
async fn an_unchanged_scan_writes_nothing_for_it() {
    let lab = Lab::new(Home::file(), true).await;
    lab.fault(FaultKind::Denied, "s3", "GetBucketVersioning");
    lab.scan(time(0)).await;
    let written = lab.scan(time(1)).await.last.scan.written;
    assert_eq!(written, plimsoll::ledger::Written::default());
    lab.fault(FaultKind::Denied, "s3", "ListBuckets");
    lab.scan(time(2)).await;
    let written = lab.scan(time(3)).await.last.scan.written;
    assert_eq!(written, plimsoll::ledger::Written::default());
}

/// What happens between two scans, and what the second of them can read.
#[derive(Debug, Clone)]
struct Turn {
    /// Minutes since the last scan.
    wait: i64,
    /// Seconds before the scan, and what the bucket is from then on.
    changes: Vec<(i64, Option<bool>)>,
    fault: Option<&'static str>,
}

fn turn() -> impl Strategy<Value = Turn> {
    let state = prop_oneof![3 => Just(Some(true)), 3 => Just(Some(false)), 1 => Just(None)];
    let fault = prop_oneof![
        3 => Just(None), 1 => Just(Some("GetBucketVersioning")), 1 => Just(Some("ListBuckets")),
    ];
    (3_i64..40, prop::collection::vec((1_i64..7_000, state), 0..3), fault).prop_map(|(wait, changes, fault)| {
        // After the last scan ended, which takes a minute, and before this one begins.
        let latest = wait * 60 - 61;
        let mut changes: Vec<_> = changes.into_iter().map(|(before, state)| (1 + before % latest, state)).collect();
        changes.sort_by_key(|(before, _)| std::cmp::Reverse(*before));
        changes.dedup_by_key(|(before, _)| *before);
        Turn { wait, changes, fault }
    })
}

/// Plays the turns. Every delay is compared with the truth, and with the tightest bound there is.
async fn play(turns: &[Turn], cloudtrail: bool) -> Result<(), TestCaseError> {
    let lab = Lab::new(Home::file(), cloudtrail).await;
    let mut now = time(0);
    let (mut state, mut fails_since) = (Some(true), None);
    lab.scan(now).await;
    let mut clean = now;
    let mut calls_since_clean: Vec<Timestamp> = Vec::new();
    for turn in turns {
        now += minute(turn.wait);
        for (before, next) in &turn.changes {
            let at = now - SignedDuration::from_secs(*before);
            if *next != state {
                let call = match (state, next) {
                    (None, _) => "CreateBucket",
                    (Some(_), Some(_)) => "PutBucketVersioning",
                    (Some(_), None) => "DeleteBucket",
                };
                lab.set(*next);
                lab.tell(call, at);
                calls_since_clean.push(at);
                fails_since = (*next == Some(false)).then(|| fails_since.unwrap_or(at));
                state = *next;
            }
        }
        let faults = turn.fault.map(|operation| Fault::new(FaultKind::Denied).of("s3", operation));
        lab.simulator.set_faults(faults.into_iter().collect());
        let outcome = lab.scan(now).await;
        let opened = outcome.transitions.iter().find(|one| {
            let opens = matches!(one.event, plimsoll::findings::Event::Opened | plimsoll::findings::Event::Reopened);
            one.finding.rule.as_str() == RULE && opens
        });
        if let Some(opened) = opened {
            let detected = opened.finding.detected.as_ref();
            prop_assert!(detected.is_some(), "clean at {}", clean);
            let detected = detected.unwrap();
            let truth = now.duration_since(fails_since.unwrap());
            prop_assert!(detected.delay() >= truth, "{:?} is less than the truth, {}", detected, truth);
            if detected.bound == UPPER {
                prop_assert_eq!(detected.delay(), now.duration_since(clean));
            } else {
                prop_assert!(detected.delay() <= truth + minute(1));
            }
            if let (true, [call]) = (cloudtrail, calls_since_clean.as_slice()) {
                prop_assert_eq!((detected.bound, detected.delay()), (EXACT, now.duration_since(*call)));
            }
        }
        let seen = match turn.fault {
            None => state != Some(false),
            Some("GetBucketVersioning") => state.is_none(),
            Some(_) => false,
        };
        if seen {
            clean = now;
            calls_since_clean.clear();
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_delay_is_never_below_the_truth(turns in prop::collection::vec(turn(), 1..10), cloudtrail: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(&turns, cloudtrail))?;
    }
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

const CONFIGURATION: &str = "\
collect:
  cloudtrail: on
  organization: off
slos:
  - {name: detected, indicator: {type: detection, within: 1h}, target: 0.9}
  - {name: fixed, indicator: {type: remediation, severity: high, within: 7d}, target: 0.9}
";

/// The program, a bucket that is made public by somebody, and what the program says then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_names_who_made_a_bucket_public() {
    let simulator = serve(small()).await;
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plimsoll.yaml"), CONFIGURATION).unwrap();
    let ask = async |arguments: &[&str]| run_beside(program_on(&simulator, folder.path()), arguments).await;
    ask(&["scan", "--format", "json"]).await;
    // Events have seconds; the first scan must have ended before.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let attacked = Timestamp::now();
    simulator.change(|estate| simulator::attack_by(estate, ADA, attacked));
    let page = folder.path().join("metrics.prom");
    let scanned = ask(&["scan", "--format", "json", "--metrics-file", page.to_str().unwrap()]).await;
    let second = attacked.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let findings = json(&ask(&["findings", "--format", "json"]).await);
    let findings = findings["findings"].as_array().unwrap();
    let by_ada: Vec<&Value> = findings.iter().filter(|finding| finding["detected"]["event"]["who"] == ADA).collect();
    let of = |call: &str| by_ada.iter().filter(|finding| finding["detected"]["event"]["name"] == call).count();
    assert!(of("PutBucketPolicy") + of("DeleteBucketPublicAccessBlock") > 0, "{scanned:?}");
    assert!(of("AuthorizeSecurityGroupIngress") > 0 && of("UpdateAssumeRolePolicy") > 0, "{by_ada:#?}");
    for finding in &by_ada {
        assert_eq!(
            (finding["detected"]["bound"].as_str(), finding["detected"]["event"]["at"].as_str()),
            (Some("exact"), Some(&*second))
        );
    }
    let id = by_ada[0]["id"].as_str().unwrap();
    let shown = ask(&["findings", "show", id]).await.stdout;
    assert!(shown.contains(&format!("by {ADA} at ")) && shown.contains("after the change"), "{shown}");
    let drift = ask(&["drift"]).await.stdout;
    assert!(drift.contains(&format!("UpdateAssumeRolePolicy by {ADA} at ")), "{drift}");
    let history = ask(&["history", by_ada[0]["resource"]["id"].as_str().unwrap()]).await.stdout;
    assert!(history.contains(&format!("by {ADA}")), "{history}");
    let page = std::fs::read_to_string(page).unwrap();
    let counted = |bound: &str| -> f64 {
        let lines = page.lines().filter(|line| line.starts_with("plimsoll_finding_detection_delay_seconds_count"));
        lines
            .filter(|line| line.contains(bound))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    };
    assert!(counted("bound=\"exact\"") >= 3.0, "{page}");
    for severity in ["critical", "high"] {
        assert!(page.contains(&format!("plimsoll_findings_overdue{{severity=\"{severity}\"}} 0")), "{page}");
    }
    assert!(!page.contains("plimsoll_findings_overdue{severity=\"low\"}"), "no objective sets a limit for it");
    let status = json(&ask(&["status", "--format", "json"]).await).to_string();
    assert!(status.contains("detected"), "{status}");
}
