use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::findings::advance;
use crate::model::{
    AccountId, Bucket, ChangeKind, Denial, Direction, Evaluation, FieldChange, Finding, Gap, GapReason, Listing,
    Pointer, Region, Remediation, Resolution, Resource, ResourceId, ResourceKey, ResourceType, RuleId, Service,
    Severity, Verdict, Witness, WitnessPacket, carry_forward, content_hash,
};
use crate::sli::{CallCount, State, assess};

const INTERVAL: SignedDuration = SignedDuration::from_mins(15);

const fn at(second: i64) -> Timestamp {
    Timestamp::constant(second, 0)
}

fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

fn resource_id(name: &str) -> ResourceId {
    ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap()
}

fn rule(digest: &str) -> Rule {
    Rule {
        id: RuleId::new("aws-s3-tagged-private").unwrap(),
        title: "buckets are tagged as private".to_owned(),
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
        digest: digest.to_owned(),
    }
}

/// A ledger in a directory of its own, and the estate that is scanned into it.
struct Lab {
    ledger: Ledger,
    directory: tempfile::TempDir,
    rule: Rule,
    /// Bucket to whether it is public, which the rule fails.
    buckets: BTreeMap<String, bool>,
    /// What the list call of the next scans does: succeeds, fails, or is not made.
    whole: Option<bool>,
    waived: bool,
    /// A place of every bucket that cannot be read.
    denied: Option<Pointer>,
}

impl Lab {
    async fn new(buckets: &[(&str, bool)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.db")).await.unwrap();
        let buckets = buckets.iter().map(|(name, public)| ((*name).to_owned(), *public)).collect();
        Self { ledger, directory, rule: rule("1"), buckets, whole: Some(true), waived: false, denied: None }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("ledger.db")
    }

    fn read(&self, taken_at: Timestamp) -> Snapshot {
        let mut snapshot = Snapshot::empty(taken_at);
        snapshot.listings.extend(self.whole.map(|complete| Listing {
            account: account(),
            region: Region::global(),
            resource_type: ResourceType::Bucket,
            complete,
            listed_before: false,
        }));
        if self.whole == Some(true) {
            snapshot.resources.extend(self.buckets.iter().map(|(name, public)| bucket(name, *public)));
        }
        if let Some(place) = &self.denied {
            for resource in &mut snapshot.resources {
                resource.tags.clear();
                resource.mark_unknown(place.clone());
            }
        }
        snapshot.gaps.extend((self.whole == Some(false)).then(|| Gap {
            account: account(),
            region: Region::global(),
            service: Service::S3,
            operation: "ListBuckets".to_owned(),
            resource: None,
            unlisted: vec![ResourceType::Bucket],
            places: Vec::new(),
            reason: GapReason::Denied,
            message: "AccessDenied".to_owned(),
            permission: Some("s3:ListAllMyBuckets".to_owned()),
        }));
        snapshot
    }

    async fn scan(&self, second: i64) -> LastScan {
        self.try_scan(second).await.unwrap()
    }

    /// One scan from `second` to a minute later, as the pipeline does it.
    async fn try_scan(&self, second: i64) -> Result<LastScan, LedgerError> {
        let writer = self.ledger.writer("a test", Duration::from_secs(1)).await.unwrap();
        let mut snapshot = self.read(at(second));
        if let Some(previous) = self.ledger.previous_snapshot().await.unwrap() {
            carry_forward(&previous, &mut snapshot);
        }
        let (mut evaluations, judged) = self.judge(&snapshot).await;
        if self.waived {
            evaluations.iter_mut().for_each(waive);
        }
        let known = self.ledger.findings(&FindingFilter::default()).await.unwrap();
        let rules = [self.rule.clone()];
        let work = EvaluationCounts { judged: judged.len() as u64, reused: (evaluations.len() - judged.len()) as u64 };
        let record = ScanRecord {
            started: at(second),
            finished: at(second + 60),
            interval: INTERVAL,
            snapshot: &snapshot,
            evaluations: &evaluations,
            rules: &rules,
            judged: &judged,
            work,
            assessment: &assess(&snapshot, &evaluations, &rules),
            transitions: &advance(&known, &evaluations, &snapshot, at(second)),
            stepped: None,
            changes: &[],
            rules_digest: &self.rule.digest,
            waivers_digest: "",
            calls: &Calls::from([(
                "s3".to_owned(),
                BTreeMap::from([(
                    "ListBuckets".to_owned(),
                    CallCount { calls: 1, attempts: 2, ..CallCount::default() },
                )]),
            )]),
        };
        writer.record(&record).await
    }

    async fn judge(&self, snapshot: &Snapshot) -> (Vec<Evaluation>, Vec<Judged>) {
        let hashes: Vec<_> = snapshot.resources.iter().map(|resource| content_hash(&resource.document())).collect();
        let cache = self.ledger.verdicts(&hashes).await.unwrap();
        let today = "2026-11-22".parse().unwrap();
        let (mut evaluations, mut judged) = (Vec::new(), Vec::new());
        for (resource, hash) in snapshot.resources.iter().zip(&hashes) {
            let verdict = if resource.stale_since.is_some() || !resource.unknown.is_empty() {
                Verdict::Unknown { causes: vec!["stale".to_owned()] }
            } else if let Some(verdict) = cache.get(hash, &self.rule, today) {
                verdict.clone()
            } else {
                let verdict = verdict(resource);
                let verdicts = vec![CachedVerdict::new(&self.rule, today, verdict.clone())];
                judged.push(Judged { document: hash.clone(), verdicts });
                verdict
            };
            let resource = ResourceKey::from(resource);
            evaluations.push(Evaluation {
                rule: self.rule.id.clone(),
                severity: self.rule.severity,
                resource,
                verdict,
            });
        }
        (evaluations, judged)
    }

    async fn findings(&self) -> Vec<Finding> {
        self.ledger.findings(&FindingFilter::default()).await.unwrap()
    }

    async fn previous(&self) -> Snapshot {
        self.ledger.previous_snapshot().await.unwrap().unwrap()
    }
}

fn bucket(name: &str, public: bool) -> Resource {
    let region = Region::new("eu-central-1").unwrap();
    let mut bucket = Resource::new(resource_id(name), account(), region, name, Bucket::default());
    bucket.tags.insert("public".to_owned(), public.to_string());
    bucket.origin.policy_texts.insert(Pointer::configuration("policy"), "{ }".to_owned());
    bucket
}

fn verdict(resource: &Resource) -> Verdict {
    if resource.tags["public"] == "false" {
        return Verdict::Pass;
    }
    let path = Pointer::new("/tags/public");
    Verdict::Fail {
        denials: vec![Denial { message: "public".to_owned(), path, because: Vec::new(), topic: None }],
        open: Vec::new(),
    }
}

fn waive(evaluation: &mut Evaluation) {
    if let Verdict::Fail { denials, .. } = &evaluation.verdict {
        evaluation.verdict =
            Verdict::Waived { denials: denials.clone(), open: Vec::new(), reason: "a public site".to_owned() };
    }
}

#[tokio::test]
async fn a_new_ledger_has_no_scan() {
    let lab = Lab::new(&[]).await;
    assert_eq!(lab.ledger.last_scan().await.unwrap(), None);
    assert_eq!(lab.ledger.previous_snapshot().await.unwrap(), None);
    assert_eq!(lab.ledger.counters().await.unwrap(), Counters::default());
    lab.ledger.check().await.unwrap();
}

#[tokio::test]
async fn the_previous_snapshot_is_what_was_recorded() {
    let lab = Lab::new(&[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    let mut expected = lab.read(at(1000));
    expected.sort();
    assert_eq!(lab.previous().await, expected);
    let place = (account(), bucket("logs", false).region);
    assert_eq!(lab.ledger.places_of(ResourceType::Bucket).await.unwrap(), [place].into());
    assert_eq!(lab.ledger.places_of(ResourceType::DirectoryBucket).await.unwrap(), [].into());
}

#[tokio::test]
async fn a_second_scan_without_change_judges_nothing_and_writes_no_content() {
    let lab = Lab::new(&[("logs", false), ("site", true)]).await;
    let first = lab.scan(1000).await;
    assert_eq!((first.scan.written.documents, first.scan.written.verdicts, first.scan.written.findings), (2, 2, 1));
    let second = lab.scan(1900).await;
    assert_eq!(second.scan.written, Written::default());
    assert_eq!(second.counters.evaluations, EvaluationCounts { judged: 2, reused: 2 });
    assert_eq!(lab.findings().await[0].last_seen, at(1900), "last seen follows the scan without being written");
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap(), second);
}

#[tokio::test]
async fn a_changed_rule_is_judged_again_and_nothing_else_is_written() {
    let mut lab = Lab::new(&[("logs", false)]).await;
    lab.scan(1000).await;
    lab.rule.digest = "2".to_owned();
    let second = lab.scan(1900).await;
    assert_eq!(second.scan.written, Written { verdicts: 1, rules: 1, ..Written::default() });
}

#[tokio::test]
async fn a_rule_that_reads_the_date_is_judged_again_the_next_day() {
    let rule = Rule { reads_now: true, ..rule("1") };
    let (today, tomorrow) = ("2026-11-22".parse().unwrap(), "2026-11-23".parse().unwrap());
    let lab = Lab { rule: rule.clone(), ..Lab::new(&[("logs", false)]).await };
    lab.scan(1000).await;
    let hash = content_hash(&bucket("logs", false).document());
    let kept = lab.ledger.verdicts(std::slice::from_ref(&hash)).await.unwrap();
    assert_eq!(kept.get(&hash, &rule, today), Some(&Verdict::Pass));
    assert_eq!(kept.get(&hash, &rule, tomorrow), None);
}

#[tokio::test]
async fn a_resource_has_its_versions_and_documents_are_kept_once() {
    let mut lab = Lab::new(&[("logs", false)]).await;
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
    let documents: i64 =
        sqlx::query_scalar("SELECT count(*) FROM documents").fetch_one(&lab.ledger.pool).await.unwrap();
    assert_eq!(documents, 2);
    let verdicts: i64 = sqlx::query_scalar("SELECT count(*) FROM verdicts").fetch_one(&lab.ledger.pool).await.unwrap();
    assert_eq!(verdicts, 0, "no resource has these documents any more");
}

#[tokio::test]
async fn findings_are_opened_resolved_and_reopened() {
    let mut lab = Lab::new(&[("site", true)]).await;
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

#[tokio::test]
async fn a_denied_list_leaves_resources_stale_and_findings_open() {
    let mut lab = Lab::new(&[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    lab.whole = Some(false);
    for second in [2000, 3000] {
        let denied = lab.scan(second).await;
        assert!(!denied.scan.complete);
        let overall = denied.scan.assessment.overall;
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

#[tokio::test]
async fn what_is_out_of_scope_is_neither_deleted_nor_shown() {
    let mut lab = Lab::new(&[("site", true)]).await;
    lab.scan(1000).await;
    lab.whole = None;
    let out = lab.scan(2000).await;
    assert_eq!(out.scan.assessment.overall.resources.total(), 0);
    assert_eq!(lab.ledger.resources(&ResourceFilter::default()).await.unwrap(), []);
    assert_eq!(lab.findings().await[0].resolved, None);
    lab.scan(3000).await;
    assert_eq!(lab.previous().await.resources[0].stale_since, Some(at(1000)), "when it was last seen");
    lab.whole = Some(true);
    let back = lab.scan(4000).await;
    assert_eq!(back.scan.written.documents, 0);
    assert_eq!(lab.ledger.resources(&ResourceFilter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_changed_while_it_could_not_be_read_is_compared_with_what_was_known() {
    let mut lab = Lab::new(&[("logs", false)]).await;
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

#[tokio::test]
async fn a_full_disk_leaves_the_previous_scan_as_the_latest() {
    let mut lab = Lab::new(&[("site", true)]).await;
    let first = lab.scan(1000).await;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&lab.ledger.pool).await.unwrap();
    lab.ledger.clone().close().await;
    let full =
        sqlx::sqlite::SqliteConnectOptions::new().filename(lab.path()).pragma("max_page_count", pages.to_string());
    lab.ledger.pool = sqlx::SqlitePool::connect_with(full).await.unwrap();
    lab.buckets = (0..500).map(|number| (format!("bucket-{number:05}"), true)).collect();
    let refused = lab.try_scan(1900).await.unwrap_err();
    let LedgerError::Query(cause) = refused else { panic!("{refused}") };
    assert!(cause.to_string().contains("database or disk is full"), "{cause}");
    assert_eq!(lab.ledger.last_scan().await.unwrap().unwrap(), first);
    lab.ledger.check().await.unwrap();
    assert_eq!(lab.findings().await.len(), 1);
}

#[tokio::test]
async fn resources_and_findings_are_filtered() {
    let lab = Lab::new(&[("logs", false), ("site", true)]).await;
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

#[tokio::test]
async fn changes_are_kept_with_the_scan_that_saw_them() {
    let lab = Lab::new(&[("logs", false)]).await;
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
    };
    let record = ScanRecord {
        started: at(2000),
        finished: at(2060),
        interval: INTERVAL,
        snapshot: &snapshot,
        evaluations: &[],
        rules: &[],
        judged: &[],
        work: EvaluationCounts::default(),
        assessment: &assess(&snapshot, &[], &[]),
        transitions: &[],
        stepped: None,
        changes: std::slice::from_ref(&change),
        rules_digest: "",
        waivers_digest: "",
        calls: &Calls::new(),
    };
    let writer = lab.ledger.writer("a test", Duration::ZERO).await.unwrap();
    let last = writer.record(&record).await.unwrap();
    assert_eq!(last.counters.changes[&Service::S3][&ChangeKind::Changed][&Direction::Widened], 1);
    let changes = lab.ledger.changes(at(2000), 10).await.unwrap();
    assert_eq!(changes, [ChangeRecord { scan: 2, at: at(2000), change }]);
    assert_eq!(lab.ledger.changes(at(2001), 10).await.unwrap(), []);
}

#[tokio::test]
async fn counters_go_on_after_the_ledger_is_opened_again() {
    let mut lab = Lab::new(&[("logs", false), ("site", true)]).await;
    lab.scan(1000).await;
    lab.ledger.clone().close().await;
    lab.ledger = Ledger::open(&lab.path()).await.unwrap();
    let second = lab.scan(1900).await;
    let time = second.counters.integrals.overall();
    assert_eq!((time.pass, time.fail.high, time.unknown), (900_000, 900_000, 0));
    assert_eq!(second.counters.integrals.findings.high, 900_000);
    assert_eq!((second.counters.scan_runs, second.scan.id), (2, 2));
    assert_eq!(second.counters.calls["s3"]["ListBuckets"], CallCount { calls: 2, attempts: 4, ..CallCount::default() });
}

#[tokio::test]
async fn a_window_is_the_difference_of_the_published_counter() {
    let mut lab = Lab::new(&[("logs", false), ("site", true)]).await;
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

#[tokio::test]
async fn what_was_published_up_to_the_end_of_a_scan_is_what_that_scan_goes_on_from() {
    let mut lab = Lab::new(&[("logs", false), ("site", true)]).await;
    let mut last = lab.scan(0).await;
    for (second, public) in [(900, true), (9000, false), (9060, true)] {
        lab.buckets.insert("logs".to_owned(), public);
        let next = lab.scan(second).await;
        assert_eq!(last.counters.integrals.at(&last.standing, next.scan.finished), next.counters.integrals);
        last = next;
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_takes_no_time_away() {
    let lab = Lab::new(&[("site", true)]).await;
    lab.scan(1000).await;
    let back = lab.scan(400).await;
    assert_eq!(back.standing.at, at(1060));
    assert_eq!(back.counters.integrals.overall().total(), 0);
    assert_eq!(lab.scan(1900).await.counters.integrals.overall().fail.high, 900_000);
}

#[tokio::test]
async fn a_scan_without_verdict_is_counted_and_leaves_the_latest_scan() {
    let lab = Lab::new(&[("site", true)]).await;
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

#[tokio::test]
async fn ten_thousand_unchanged_documents_are_recorded_without_being_written() {
    let mut lab = Lab::new(&[]).await;
    lab.buckets = (0..10_000).map(|number| (format!("bucket-{number:05}"), number % 10 == 0)).collect();
    let first = lab.scan(1000).await;
    assert_eq!((first.scan.written.documents, first.scan.written.findings), (10_000, 1_000));
    let second = lab.scan(1900).await;
    assert_eq!(second.scan.written, Written::default());
    let names: BTreeSet<_> = lab.previous().await.resources.into_iter().map(|resource| resource.name).collect();
    assert_eq!(names, lab.buckets.into_keys().collect());
}
