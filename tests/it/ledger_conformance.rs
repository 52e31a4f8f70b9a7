//! What every ledger does, whatever keeps it: each behaviour runs on SQLite and on PostgreSQL.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use plimsoll::ledger::{ChangeRecord, FailedScan, FindingFilter, LedgerError, ResourceFilter, ScanRecord, Written};
use plimsoll::model::{
    Change, ChangeKind, Direction, FieldChange, Pointer, Resolution, ResourceKey, ResourceType, Rule, Service,
    Severity, Verdict, Witness, WitnessPacket, content_hash,
};
use plimsoll::sli::{CallCount, Calls, Counters, EvaluationCounts, State, assess};

use crate::ledger_lab::{INTERVAL, Lab, account, at, bucket, export, resource_id, rule};
use crate::ledger_postgres::Home;

/// Runs each behaviour on both. One that is left out is not called, which is an error.
macro_rules! on_both {
    ($($behaviour:ident,)*) => {
        mod file {
            $(#[tokio::test] async fn $behaviour() { super::$behaviour(super::Home::file()).await; })*
        }

        mod postgres {
            $(#[tokio::test] async fn $behaviour() {
                if let Some(home) = super::Home::postgres().await {
                    super::$behaviour(home).await;
                }
            })*
        }
    };
}

pub(crate) use on_both;

on_both! {
    a_new_ledger_has_no_scan,
    the_previous_snapshot_is_what_was_recorded,
    a_second_scan_without_change_judges_nothing_and_writes_no_content,
    a_changed_rule_is_judged_again_and_nothing_else_is_written,
    a_rule_that_reads_the_date_is_judged_again_the_next_day,
    a_resource_has_its_versions_and_documents_are_kept_once,
    findings_are_opened_resolved_and_reopened,
    a_denied_list_leaves_resources_stale_and_findings_open,
    what_is_out_of_scope_is_neither_deleted_nor_shown,
    what_was_changed_while_it_could_not_be_read_is_compared_with_what_was_known,
    resources_and_findings_are_filtered,
    changes_are_kept_with_the_scan_that_saw_them,
    counters_go_on_after_the_ledger_is_opened_again,
    a_window_is_the_difference_of_the_published_counter,
    what_was_published_up_to_the_end_of_a_scan_is_what_that_scan_goes_on_from,
    a_clock_that_goes_back_takes_no_time_away,
    a_scan_without_verdict_is_counted_and_leaves_the_latest_scan,
    ten_thousand_unchanged_documents_are_recorded_without_being_written,
    a_scan_that_was_compared_with_an_older_one_is_refused,
}

async fn a_new_ledger_has_no_scan(home: Home) {
    let lab = Lab::new(home, &[]).await;
    assert_eq!(lab.ledger.last_scan().await.unwrap(), None);
    assert_eq!(lab.ledger.previous_snapshot().await.unwrap(), None);
    assert_eq!(lab.ledger.counters().await.unwrap(), Counters::default());
    lab.ledger.check().await.unwrap();
}

async fn the_previous_snapshot_is_what_was_recorded(home: Home) {
    let lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    let mut expected = lab.read(at(1000));
    expected.sort();
    assert_eq!(lab.previous().await, expected);
    let place = (account(), bucket("logs", false).region);
    assert_eq!(lab.ledger.places_of(ResourceType::Bucket).await.unwrap(), [place].into());
    assert_eq!(lab.ledger.places_of(ResourceType::DirectoryBucket).await.unwrap(), [].into());
}

async fn a_second_scan_without_change_judges_nothing_and_writes_no_content(home: Home) {
    let lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    let first = lab.scan(1000).await;
    assert_eq!((first.scan.written.documents, first.scan.written.verdicts, first.scan.written.findings), (2, 2, 1));
    let second = lab.scan(1900).await;
    assert_eq!(second.scan.written, Written::default());
    assert_eq!(second.counters.evaluations, EvaluationCounts { judged: 2, reused: 2 });
    assert_eq!(lab.findings().await[0].last_seen, at(1900), "last seen follows the scan without being written");
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap(), second);
}

async fn a_changed_rule_is_judged_again_and_nothing_else_is_written(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false)]).await;
    lab.scan(1000).await;
    "2".clone_into(&mut lab.rule.digest);
    let second = lab.scan(1900).await;
    assert_eq!(second.scan.written, Written { verdicts: 1, rules: 1, ..Written::default() });
}

async fn a_rule_that_reads_the_date_is_judged_again_the_next_day(home: Home) {
    let rule = Rule { reads_now: true, ..rule("1") };
    let (today, tomorrow) = ("2026-11-22".parse().unwrap(), "2026-11-23".parse().unwrap());
    let lab = Lab { rule: rule.clone(), ..Lab::new(home, &[("logs", false)]).await };
    lab.scan(1000).await;
    let hash = content_hash(&bucket("logs", false).document());
    let kept = lab.ledger.verdicts(std::slice::from_ref(&hash)).await.unwrap();
    assert_eq!(kept.get(&hash, &rule, today), Some(&Verdict::Pass));
    assert_eq!(kept.get(&hash, &rule, tomorrow), None);
}

async fn a_resource_has_its_versions_and_documents_are_kept_once(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false)]).await;
    for (second, public) in [(1000, false), (2000, true), (3000, false)] {
        lab.buckets.insert("logs".to_owned(), public);
        lab.scan(second).await;
    }
    lab.buckets.clear();
    lab.scan(4000).await;
    let history = lab.ledger.history(&resource_id("logs")).await.unwrap();
    let times: Vec<_> = history.iter().map(|version| (version.from, version.to)).collect();
    assert_eq!(times, [(at(3000), Some(at(4000))), (at(2000), Some(at(3000))), (at(1000), Some(at(2000)))]);
    assert_eq!(history[0].hash, history[2].hash);
    let rows = export(&lab.ledger).await;
    let count = |table: &str| rows.iter().filter(|row| row["table"] == table).count();
    assert_eq!(count("documents"), 2);
    assert_eq!(count("verdicts"), 0, "no resource has these documents any more");
}

async fn findings_are_opened_resolved_and_reopened(home: Home) {
    let mut lab = Lab::new(home, &[("site", true)]).await;
    lab.scan(1000).await;
    lab.buckets.insert("site".to_owned(), false);
    lab.scan(2000).await;
    let finding = &lab.findings().await[0];
    assert_eq!((finding.first_seen, finding.last_seen), (at(1000), at(1000)));
    assert_eq!(finding.resolved.as_ref().map(|end| (end.at, end.how)), Some((at(2000), Resolution::Fixed)));

    lab.buckets.insert("site".to_owned(), true);
    let third = lab.scan(3000).await;
    let finding = lab.findings().await.remove(0);
    assert_eq!((finding.first_seen, finding.reopened, finding.resolved.clone()), (at(3000), 1, None));
    assert_eq!(lab.ledger.openings(&finding.id).await.unwrap().len(), 2);
    assert_eq!(third.counters.findings_opened.high, 2);
    assert_eq!(third.counters.findings_resolved[&Resolution::Fixed].high, 1);

    lab.waived = true;
    lab.scan(4000).await;
    let how = lab.findings().await[0].resolved.as_ref().map(|end| end.how);
    assert_eq!(how, Some(Resolution::Waived));
}

async fn a_denied_list_leaves_resources_stale_and_findings_open(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    lab.whole = Some(false);
    for second in [2000, 3000] {
        let denied = lab.scan(second).await;
        assert!(!denied.scan.complete);
        let overall = denied.assessment.overall;
        assert_eq!((overall.resources.total(), overall.resources.unknown, overall.stale), (2, 2, 2));
        assert_eq!(denied.scan.written.documents, 0);
        let previous = lab.previous().await;
        assert_eq!(previous.gaps.len(), 1);
        assert!(previous.resources.iter().all(|resource| resource.stale_since == Some(at(1000))));
        let finding = &lab.findings().await[0];
        assert_eq!((finding.last_seen, &finding.resolved), (at(1000), &None));
    }
    lab.whole = Some(true);
    let back = lab.scan(4000).await;
    assert!(back.scan.complete);
    assert_eq!(back.scan.written.documents, 0);
    assert_eq!(lab.findings().await[0].last_seen, at(4000));
    assert!(lab.previous().await.resources.iter().all(|resource| resource.stale_since.is_none()));
}

async fn what_is_out_of_scope_is_neither_deleted_nor_shown(home: Home) {
    let mut lab = Lab::new(home, &[("site", true)]).await;
    lab.scan(1000).await;
    lab.whole = None;
    let out = lab.scan(2000).await;
    assert_eq!(out.assessment.overall.resources.total(), 0);
    assert_eq!(lab.ledger.resources(&ResourceFilter::default()).await.unwrap(), []);
    assert_eq!(lab.findings().await[0].resolved, None);
    lab.scan(3000).await;
    assert_eq!(lab.previous().await.resources[0].stale_since, Some(at(1000)), "when it was last seen");
    lab.whole = Some(true);
    let back = lab.scan(4000).await;
    assert_eq!(back.scan.written.documents, 0);
    assert_eq!(lab.ledger.resources(&ResourceFilter::default()).await.unwrap().len(), 1);
}

async fn what_was_changed_while_it_could_not_be_read_is_compared_with_what_was_known(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false)]).await;
    lab.scan(1000).await;
    lab.denied = Some(Pointer::new("/tags/public"));
    for second in [2000, 3000] {
        lab.scan(second).await;
        let previous = lab.previous().await;
        assert_eq!(previous.resources[0].unknown, [Pointer::new("/tags/public")]);
        let known = lab.ledger.last_known(previous).await.unwrap();
        assert_eq!(known.resources, [bucket("logs", false)]);
    }
    lab.denied = None;
    lab.buckets.insert("logs".to_owned(), true);
    lab.scan(4000).await;
    let known = lab.ledger.last_known(lab.previous().await).await.unwrap();
    assert_eq!(known.resources, [bucket("logs", true)]);
}

async fn resources_and_findings_are_filtered(home: Home) {
    let lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    let failing = ResourceFilter { state: Some("fail".to_owned()), ..ResourceFilter::default() };
    let resources = lab.ledger.resources(&failing).await.unwrap();
    let names: Vec<_> = resources.iter().map(|resource| (resource.name.as_str(), resource.state)).collect();
    assert_eq!(names, [("site", Some(State::Fail(Severity::High)))]);
    let second = ResourceFilter { limit: Some(1), offset: 1, ..ResourceFilter::default() };
    assert_eq!(lab.ledger.resources(&second).await.unwrap()[0].name, "site");

    let count = async |filter: FindingFilter| lab.ledger.findings(&filter).await.unwrap().len();
    let all = FindingFilter::default;
    assert_eq!(count(FindingFilter { open: Some(true), ..all() }).await, 1);
    assert_eq!(count(FindingFilter { open: Some(false), ..all() }).await, 0);
    assert_eq!(count(FindingFilter { severity: Some(Severity::High), ..all() }).await, 1);
    assert_eq!(count(FindingFilter { severity: Some(Severity::Critical), ..all() }).await, 0);
    assert_eq!(count(FindingFilter { resource: Some(resource_id("logs")), ..all() }).await, 0);
    assert_eq!(count(FindingFilter { since: Some(at(1000)), ..all() }).await, 1);
    assert_eq!(count(FindingFilter { since: Some(at(1001)), ..all() }).await, 0);
}

async fn changes_are_kept_with_the_scan_that_saw_them(home: Home) {
    let lab = Lab::new(home, &[("logs", false)]).await;
    lab.scan(1000).await;
    let snapshot = lab.read(at(2000));
    let change = Change {
        resource: ResourceKey::from(&bucket("logs", false)),
        name: "logs".to_owned(),
        kind: ChangeKind::Changed,
        direction: Direction::Widened,
        fields: vec![FieldChange {
            gained_witness: Some(Witness::Packet(WitnessPacket { port: Some(22), ..WitnessPacket::default() })),
            reason: Some("a test".to_owned()),
            ..FieldChange::new(Pointer::configuration("policy"), None, Some("{}".into()))
        }],
        consequences: vec!["held by role ci".to_owned()],
        breaks: Vec::new(),
        by: None,
    };
    let record = ScanRecord {
        started: at(2000),
        finished: at(2060),
        interval: INTERVAL,
        snapshot: &snapshot,
        memory: &lab.ledger.memory().await.unwrap(),
        documents: &snapshot.content_hashes(),
        states: &HashMap::new(),
        evaluations: &[],
        rules: &[],
        judged: &[],
        work: EvaluationCounts::default(),
        assessment: &assess(&snapshot, &[], &[]),
        transitions: &[],
        stepped: None,
        detections: &[],
        changes: std::slice::from_ref(&change),
        rules_digest: "",
        waivers_digest: "",
        calls: &Calls::new(),
        measures: &[],
    };
    let writer = lab.ledger.writer("a test", Duration::ZERO).await.unwrap();
    let last = writer.record(&record).await.unwrap();
    assert_eq!(last.counters.changes[&Service::S3][&ChangeKind::Changed][&Direction::Widened], 1);
    let changes = lab.ledger.changes(at(2000), 10).await.unwrap();
    assert_eq!(changes, [ChangeRecord { scan: 2, at: at(2000), change }]);
    assert_eq!(lab.ledger.changes(at(2001), 10).await.unwrap(), []);
}

async fn counters_go_on_after_the_ledger_is_opened_again(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    lab.ledger.clone().close().await;
    lab.ledger = lab.home.ledger().await;
    let second = lab.scan(1900).await;
    let time = second.counters.integrals.overall();
    assert_eq!((time.pass, time.fail.high, time.unknown), (900_000, 900_000, 0));
    assert_eq!(second.counters.integrals.findings.high, 900_000);
    assert_eq!((second.counters.scan_runs, second.scan.id), (2, 2));
    assert_eq!(second.counters.calls["s3"]["ListBuckets"], CallCount { calls: 2, attempts: 4, ..CallCount::default() });
}

async fn a_window_is_the_difference_of_the_published_counter(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.scan(0).await;
    lab.scan(900).await;
    lab.buckets.insert("logs".to_owned(), true);
    lab.scan(1800).await;
    // The scanner is dead from here on: the states of the scan that ended at 1860 s hold for
    // 2 × 15 minutes and the minute a scan takes, until 3720 s.
    let window = async |from, to| {
        let window = lab.ledger.window(at(from), at(to)).await.unwrap();
        let time = window.overall();
        (time.pass, time.fail.high, time.unknown, window.findings.high)
    };
    assert_eq!(window(0, 60).await, (0, 0, 0, 0), "before the first scan ended");
    assert_eq!(window(60, 960).await, (900_000, 900_000, 0, 900_000));
    assert_eq!(window(1760, 1960).await, (100_000, 300_000, 0, 300_000));
    assert_eq!(window(3620, 3820).await, (0, 200_000, 200_000, 200_000));
    assert_eq!(window(3820, 3620).await, (0, 0, 0, 0));

    let last = lab.ledger.last_scan().await.unwrap().unwrap();
    let scraped = |second| last.counters.integrals.at(&last.standing, at(second));
    assert_eq!(lab.ledger.window(at(2000), at(9000)).await.unwrap(), scraped(9000).since(&scraped(2000)));
}

async fn what_was_published_up_to_the_end_of_a_scan_is_what_that_scan_goes_on_from(home: Home) {
    let mut lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    let mut last = lab.scan(0).await;
    for (second, public) in [(900, true), (9000, false), (9060, true)] {
        lab.buckets.insert("logs".to_owned(), public);
        let next = lab.scan(second).await;
        assert_eq!(last.counters.integrals.at(&last.standing, next.scan.finished), next.counters.integrals);
        last = next;
    }
}

async fn a_clock_that_goes_back_takes_no_time_away(home: Home) {
    let lab = Lab::new(home, &[("site", true)]).await;
    lab.scan(1000).await;
    let back = lab.scan(400).await;
    assert_eq!(back.standing.at, at(1060));
    assert_eq!(back.counters.integrals.overall().total(), 0);
    assert_eq!(lab.scan(1900).await.counters.integrals.overall().fail.high, 900_000);
}

async fn a_scan_without_verdict_is_counted_and_leaves_the_latest_scan(home: Home) {
    let lab = Lab::new(home, &[("site", true)]).await;
    let first = lab.scan(1000).await;
    let failed = FailedScan {
        started: at(1900),
        finished: at(1901),
        reason: "credentials".to_owned(),
        message: "the token has expired".to_owned(),
    };
    let counters = lab.ledger.writer("a test", Duration::ZERO).await.unwrap().record_failure(&failed).await.unwrap();
    assert_eq!((counters.scan_runs, counters.scan_failures["credentials"]), (2, 1));
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap().scan, first.scan);
    assert_eq!(lab.ledger.failed_scans(10).await.unwrap(), [failed]);
}

async fn ten_thousand_unchanged_documents_are_recorded_without_being_written(home: Home) {
    let mut lab = Lab::new(home, &[]).await;
    lab.buckets = (0..10_000).map(|number| (format!("bucket-{number:05}"), number % 10 == 0)).collect();
    let first = lab.scan(1000).await;
    assert_eq!((first.scan.written.documents, first.scan.written.findings), (10_000, 1_000));
    let second = lab.scan(1900).await;
    assert_eq!(second.scan.written, Written::default());
    let names: BTreeSet<_> = lab.previous().await.resources.into_iter().map(|resource| resource.name).collect();
    assert_eq!(names, lab.buckets.into_keys().collect());
}

async fn a_scan_that_was_compared_with_an_older_one_is_refused(home: Home) {
    let lab = Lab::new(home, &[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    let memory = lab.ledger.memory().await.unwrap();
    let between = lab.scan(1900).await;
    let writer = lab.ledger.writer("a test", Duration::ZERO).await.unwrap();
    let refused = lab.record_after(&writer, &memory, 2800).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Overtaken { begun, .. } if begun == at(1900)), "{refused}");
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap(), between, "nothing of it was recorded");
    lab.ledger.check().await.unwrap();
}
