//! A small estate that is scanned into a ledger, for the tests of the ledger.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use plimsoll::findings::{self, Transition, advance};
use plimsoll::ledger::{
    CachedVerdict, FindingFilter, Judged, LastScan, Ledger, LedgerError, Memory, ScanRecord, Writer,
};
use plimsoll::model::{
    AccountId, Bucket, Denial, Evaluation, Finding, Gap, GapReason, Listing, Pointer, Region, Remediation, Resource,
    ResourceId, ResourceKey, ResourceType, Rule, RuleId, Service, Severity, Snapshot, Verdict, carry_forward,
    content_hash,
};
use plimsoll::sli::{CallCount, Calls, EvaluationCounts, assess, states};
use plimsoll::slo::{Event, Measure, Observed, Scanned, Slo, measure};

use crate::ledger_postgres::Home;

pub(crate) const INTERVAL: SignedDuration = SignedDuration::from_mins(15);
/// The schema that this program writes.
pub(crate) const SCHEMA: i64 = 6;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

pub(crate) fn resource_id(name: &str) -> ResourceId {
    ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap()
}

pub(crate) fn rule(digest: &str) -> Rule {
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
pub(crate) struct Lab {
    pub(crate) ledger: Ledger,
    pub(crate) home: Home,
    pub(crate) rule: Rule,
    /// Bucket to whether it is public, which the rule fails.
    pub(crate) buckets: BTreeMap<String, bool>,
    /// What the list call of the next scans does: succeeds, fails, or is not made.
    pub(crate) whole: Option<bool>,
    pub(crate) waived: bool,
    /// A place of every bucket that cannot be read.
    pub(crate) denied: Option<Pointer>,
    /// What the next scans measure for objectives.
    pub(crate) measures: Vec<(String, Measure)>,
    /// Objectives that the next scans measure by themselves.
    pub(crate) slos: Vec<Slo>,
}

impl Lab {
    pub(crate) async fn new(home: Home, buckets: &[(&str, bool)]) -> Self {
        let ledger = home.ledger().await;
        let buckets = buckets.iter().map(|(name, public)| ((*name).to_owned(), *public)).collect();
        Self {
            ledger,
            home,
            rule: rule("1"),
            buckets,
            whole: Some(true),
            waived: false,
            denied: None,
            measures: Vec::new(),
            slos: Vec::new(),
        }
    }

    pub(crate) fn read(&self, taken_at: Timestamp) -> Snapshot {
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

    pub(crate) async fn scan(&self, second: i64) -> LastScan {
        self.try_scan(second).await.unwrap()
    }

    /// One scan from `second` to a minute later, as the pipeline does it.
    pub(crate) async fn try_scan(&self, second: i64) -> Result<LastScan, LedgerError> {
        let writer = self.ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
        let recorded = self.record(&writer, second).await;
        writer.release().await;
        recorded
    }

    /// The same with a right that is held already.
    pub(crate) async fn record(&self, writer: &Writer, second: i64) -> Result<LastScan, LedgerError> {
        self.record_after(writer, &self.ledger.memory().await?, second).await
    }

    /// The same, compared with what some scan left behind.
    pub(crate) async fn record_after(
        &self,
        writer: &Writer,
        memory: &Memory,
        second: i64,
    ) -> Result<LastScan, LedgerError> {
        let mut snapshot = self.read(at(second));
        if let Some(previous) = self.ledger.previous_snapshot().await? {
            carry_forward(&previous, &mut snapshot);
        }
        let (mut evaluations, judged) = self.judge(&snapshot).await?;
        if self.waived {
            evaluations.iter_mut().for_each(waive);
        }
        let rules = [self.rule.clone()];
        let mut transitions = advance(memory.open(), &evaluations, &snapshot, at(second));
        let ids: Vec<String> = transitions.iter().map(|transition| transition.finding.id.clone()).collect();
        findings::reopen(&mut transitions, &self.ledger.openings_of(&ids).await?);
        let mut measures = self.measures.clone();
        if !self.slos.is_empty() {
            let before = self.ledger.last_scan().await?.map(|last| last.standing.at);
            let findings = observed(memory.open(), &transitions);
            let scanned = Scanned {
                snapshot: &snapshot,
                evaluations: &evaluations,
                rules: &rules,
                findings: &findings,
                before,
                at: at(second + 60),
            };
            measures.extend(self.slos.iter().map(Slo::digest).zip(measure(&self.slos, &scanned)));
        }
        let work = EvaluationCounts { judged: judged.len() as u64, reused: (evaluations.len() - judged.len()) as u64 };
        let record = ScanRecord {
            started: at(second),
            finished: at(second + 60),
            interval: INTERVAL,
            snapshot: &snapshot,
            memory,
            documents: &snapshot.content_hashes(),
            states: &states(&snapshot, &evaluations, &rules),
            evaluations: &evaluations,
            rules: &rules,
            judged: &judged,
            work,
            assessment: &assess(&snapshot, &evaluations, &rules),
            transitions: &transitions,
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
            stepped: None,
            detections: &[],
            measures: &measures,
        };
        writer.record(&record).await
    }

    async fn judge(&self, snapshot: &Snapshot) -> Result<(Vec<Evaluation>, Vec<Judged>), LedgerError> {
        let hashes: Vec<_> = snapshot.resources.iter().map(|resource| content_hash(&resource.document())).collect();
        let cache = self.ledger.verdicts(&hashes).await?;
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
        Ok((evaluations, judged))
    }

    pub(crate) async fn findings(&self) -> Vec<Finding> {
        self.ledger.findings(&FindingFilter::default()).await.unwrap()
    }

    pub(crate) async fn previous(&self) -> Snapshot {
        self.ledger.previous_snapshot().await.unwrap().unwrap()
    }
}

/// Every finding that is open after a scan, and those that it resolves.
fn observed<'a>(known: &'a [Finding], transitions: &'a [Transition]) -> Vec<Observed<'a>> {
    let moved = |finding: &Finding| transitions.iter().any(|transition| transition.finding.id == finding.id);
    let still = known.iter().filter(|finding| finding.resolved.is_none() && !moved(finding));
    let event = |transition: &Transition| match transition.event {
        findings::Event::Opened | findings::Event::Reopened => Event::Opened { delay: None },
        findings::Event::Seen => Event::Open,
        findings::Event::Resolved => Event::Resolved,
    };
    let moved =
        transitions.iter().map(|transition| Observed { finding: &transition.finding, event: event(transition) });
    still.map(|finding| Observed { finding, event: Event::Open }).chain(moved).collect()
}

pub(crate) fn bucket(name: &str, public: bool) -> Resource {
    let region = Region::new("eu-central-1").unwrap();
    let mut bucket = Resource::new(resource_id(name), account(), region, name, Bucket::default());
    bucket.tags.insert("public".to_owned(), public.to_string());
    bucket.origin.policy_texts.insert(Pointer::configuration("policy"), "{ }".to_owned());
    bucket
}

pub(crate) fn verdict(resource: &Resource) -> Verdict {
    if resource.tags["public"] == "false" {
        return Verdict::Pass;
    }
    let path = Pointer::new("/tags/public");
    Verdict::Fail {
        denials: vec![Denial { message: "public".to_owned(), path, because: Vec::new(), topic: None }],
        open: Vec::new(),
    }
}

pub(crate) fn waive(evaluation: &mut Evaluation) {
    if let Verdict::Fail { denials, .. } = &evaluation.verdict {
        evaluation.verdict =
            Verdict::Waived { denials: denials.clone(), open: Vec::new(), reason: "a public site".to_owned() };
    }
}

/// Everything the ledger holds.
pub(crate) async fn export(ledger: &Ledger) -> Vec<serde_json::Value> {
    let mut bytes = Vec::new();
    ledger.export(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
