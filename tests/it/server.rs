//! The server with scans that we make up: what it shows, when it scans, how it ends.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::model::{
    AccountId, Bucket, Change, ChangeKind, Denial, Direction, Evaluation, FieldChange, Finding, Gap, GapReason,
    Pointer, Region, Remediation, Resolution, Resolved, Resource, ResourceId, ResourceKey, ResourceType, Rule, RuleId,
    Service, Severity, Snapshot, Verdict, Witness, WitnessPacket, WitnessRequest, finding_id,
};
use plimsoll::server::{
    Estate, JudgedResource, Limits, ScanEntry, ScanFailure, ScanOutcome, Scanned, Schedule, ServeError, Signals, Work,
    listen, serve,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::metrics;

/// A server on a port of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) signals: Signals,
    pub(crate) thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Server {
    pub(crate) fn start<Scan, Scanning, Reload>(
        schedule: Schedule,
        limits: Limits,
        first: Scanned,
        scan: Scan,
        reload: Reload,
    ) -> Self
    where
        Scan: Fn(CancellationToken) -> Scanning + Send + Sync + 'static,
        Scanning: Future<Output = Result<Scanned, ScanFailure>> + Send + 'static,
        Reload: Fn() -> Result<Schedule, String> + Send + Sync + 'static,
    {
        let (tell, told) = std::sync::mpsc::channel();
        let signals = Signals::default();
        let for_server = signals.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = listen("127.0.0.1:0".parse().unwrap()).await?;
                tell.send(listener.local_addr().unwrap()).unwrap();
                let work = Work::new(scan, move || std::future::ready(reload()), |_| std::future::ready(()));
                serve(listener, schedule, limits, first, work, for_server).await
            })
        });
        Self { address: told.recv().unwrap(), signals, thread: Some(thread) }
    }

    /// Status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("http://{}{path}", self.address)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).1).unwrap()
    }

    /// Asks again and again until the answer is as wanted.
    pub(crate) fn wait_for(&self, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            let (status, body) = self.get(path);
            if wanted(status, &body) {
                return body;
            }
            assert!(Instant::now() < patience, "{path} still answers {status} {body}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Tells it to stop, and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), ServeError> {
        self.signals.shutdown.cancel();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signals.shutdown.cancel();
    }
}

/// One scan and then none for an hour.
pub(crate) fn once() -> Schedule {
    Schedule { interval: Duration::from_hours(1), jitter: Duration::ZERO, scan_limit: Duration::from_mins(1) }
}

#[expect(clippy::unnecessary_wraps, reason = "the form of a reload")]
pub(crate) fn keep() -> Result<Schedule, String> {
    Ok(once())
}

pub(crate) fn nothing() -> Scanned {
    let mut published = metrics::published(Timestamp::now());
    published.scan = None;
    Scanned { published, estate: Estate::default() }
}

fn rule() -> Rule {
    Rule {
        id: RuleId::new("aws-s3-public-access-blocked").unwrap(),
        title: "Buckets block public access".to_owned(),
        description: String::new(),
        severity: Severity::High,
        severity_reason: None,
        enabled: true,
        resource_types: vec![ResourceType::Bucket],
        controls: std::collections::BTreeMap::new(),
        reads: Vec::new(),
        reads_now: false,
        remediation: Remediation { text: String::new(), terraform: None, cli: None },
        related_resources: Vec::new(),
        digest: String::new(),
    }
}

fn bucket(number: usize) -> Resource {
    let name = format!("bucket-{number}");
    let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
    let account = AccountId::new(format!("11112222333{}", number % 2)).unwrap();
    Resource::new(id, account, Region::new("eu-central-1").unwrap(), name, Bucket::default())
}

fn denial() -> Denial {
    Denial {
        message: "<b>public</b> access is not blocked".to_owned(),
        path: Pointer::configuration("public_access_block"),
        because: Vec::new(),
        topic: None,
    }
}

/// Five buckets: the first fails, the second is unknown for a gap, the others pass.
pub(crate) fn estate(taken_at: Timestamp) -> (Snapshot, Vec<Evaluation>, Vec<Rule>) {
    let mut snapshot = Snapshot::empty(taken_at);
    snapshot.resources = (0..5).map(bucket).collect();
    snapshot.gaps = vec![Gap {
        account: AccountId::new("111122223331").unwrap(),
        region: Region::new("eu-central-1").unwrap(),
        service: Service::S3,
        operation: "GetPublicAccessBlock".to_owned(),
        resource: Some(bucket(1).id),
        unlisted: Vec::new(),
        places: vec![Pointer::configuration("public_access_block")],
        reason: GapReason::Denied,
        message: "Access Denied".to_owned(),
        permission: Some("s3:GetBucketPublicAccessBlock".to_owned()),
    }];
    snapshot.sort();
    let verdict = |name: &str| match name {
        "bucket-0" => Verdict::Fail { denials: vec![denial()], open: Vec::new() },
        "bucket-1" => Verdict::Unknown { causes: vec!["/configuration/public_access_block".to_owned()] },
        _ => Verdict::Pass,
    };
    let evaluate = |resource: &Resource| Evaluation {
        rule: rule().id,
        severity: Severity::High,
        resource: resource.into(),
        verdict: verdict(&resource.name),
    };
    let evaluations = snapshot.resources.iter().map(evaluate).collect();
    (snapshot, evaluations, vec![rule()])
}

/// That estate with an open and a resolved finding, and the values of [`metrics::published`].
pub(crate) fn scanned() -> Scanned {
    let now = Timestamp::now();
    let (snapshot, evaluations, rules) = estate(now);
    let finding = |number: usize, resolved| {
        let resource = ResourceKey::from(&bucket(number));
        Finding {
            id: finding_id(&rule().id, &resource),
            rule: rule().id,
            severity: Severity::High,
            resource,
            denials: vec![denial()],
            first_seen: now - SignedDuration::from_hours(30),
            last_seen: now,
            resolved,
            reopened: 0,
            detected: None,
        }
    };
    let scan = ScanEntry {
        id: Some(2),
        started: now,
        ended: now,
        outcome: ScanOutcome::Incomplete,
        failure: None,
        compliance: Some(0.75),
        coverage: Some(0.8),
        expected: Some(5),
        failing: Some(1),
        rules_digest: Some("5f1d".to_owned()),
    };
    let estate = Estate {
        resources: JudgedResource::of(&snapshot, &evaluations, &rules),
        findings: vec![finding(0, None), finding(2, Some(Resolved { at: now, how: Resolution::Fixed }))],
        changes: changes(),
        gaps: snapshot.gaps,
        scans: vec![ScanEntry { id: Some(1), ..scan.clone() }, scan],
    };
    Scanned { published: metrics::published(now), estate }
}

/// A bucket that was opened, and one whose policy is only written otherwise.
fn changes() -> Vec<Change> {
    let of = |number: usize, kind, direction, field| Change {
        resource: ResourceKey::from(&bucket(number)),
        name: format!("bucket-{number}"),
        kind,
        direction,
        fields: vec![field],
        consequences: vec!["now open to everyone: it".to_owned()],
        breaks: Vec::new(),
        by: None,
    };
    let request = WitnessRequest {
        principal: "anyone".to_owned(),
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::bucket-0/x".to_owned(),
        context: [("aws:securetransport".to_owned(), "true".to_owned())].into(),
    };
    let policy = Pointer::configuration("policy");
    let opened = FieldChange {
        direction: Direction::Widened,
        gained: vec!["s3:GetObject on arn:aws:s3:::bucket-0/*".to_owned()],
        gained_witness: Some(Witness::Request(request)),
        lost_witness: Some(Witness::Packet(WitnessPacket {
            port: Some(22),
            outgoing: true,
            ..WitnessPacket::default()
        })),
        reason: Some("a test".to_owned()),
        ..FieldChange::new(policy.clone(), None, Some(json!({"Statement": [{"Effect": "Allow", "n": [1, 0.5, true]}]})))
    };
    let same = FieldChange { same_meaning: true, ..FieldChange::new(policy, Some(json!({})), Some(json!([]))) };
    vec![of(0, ChangeKind::Changed, Direction::Widened, opened), of(1, ChangeKind::Rewritten, Direction::Neutral, same)]
}

pub(crate) fn serving() -> Server {
    let server = Server::start(once(), Limits::default(), nothing(), |_| async { Ok(scanned()) }, keep);
    server.wait_for("/readyz", |status, _| status == 200);
    server
}

#[test]
fn it_lives_before_the_first_scan_but_is_not_ready() {
    let server = Server::start(once(), Limits::default(), nothing(), |_| std::future::pending(), keep);
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(server.get("/readyz"), (503, "no scan has been completed yet\n".to_owned()));
    assert!(server.get("/").1.contains("No scan has been completed yet"));
    assert_eq!(server.json("/api/v1/sli")["overall"], Value::Null);
    assert_eq!(server.json("/api/v1/findings")["total"], 0);
    assert!(server.get("/metrics").1.contains("plimsoll_scan_runs_total 12\n"));
}

#[test]
fn data_older_than_the_hold_are_shown_as_such() {
    let old = Scanned { published: metrics::published(Timestamp::now() - SignedDuration::from_hours(5)), ..scanned() };
    let server = Server::start(once(), Limits::default(), old, |_| std::future::pending(), keep);
    let (status, body) = server.get("/readyz");
    assert_eq!(status, 503);
    assert!(body.starts_with("data are 180") && body.ends_with("s old, and hold for 1800 s\n"), "{body}");
    assert_eq!(server.json("/api/v1/sli")["held"], false);
    let (_, page) = server.get("/");
    assert!(page.contains("too old to be believed") && page.contains("96.84 %"), "{page}");
}

#[test]
fn the_indicator_comes_with_its_coverage_and_its_age() {
    let sli = serving().json("/api/v1/sli");
    assert_eq!(sli["overall"]["coverage"], 0.95);
    assert_eq!(sli["overall"]["fail"], 3);
    assert_eq!(sli["overall"]["fail_by_severity"]["critical"], 1);
    assert_eq!(sli["by_service"]["s3"]["unknown"], 5);
    assert_eq!(sli["by_account"]["000000000002"]["compliance"], 1.0);
    assert_eq!(sli["held"], true);
    assert_eq!(sli["last_failure"], Value::Null);
}

#[test]
fn findings_are_filtered_and_open_unless_asked_otherwise() {
    let server = serving();
    assert_eq!(server.json("/api/v1/findings")["total"], 1);
    assert_eq!(server.json("/api/v1/findings?status=all")["total"], 2);
    assert_eq!(server.json("/api/v1/findings?status=resolved")["items"][0]["resolved"]["how"], "fixed");
    assert_eq!(server.json("/api/v1/findings?severity=critical")["total"], 0);
    assert_eq!(server.json("/api/v1/findings?account=111122223330&service=s3&type=AWS::S3::Bucket")["total"], 1);
    assert_eq!(server.json("/api/v1/findings?id=arn:aws:s3:::bucket-0&rule=aws-s3-public-access-blocked")["total"], 1);
    assert_eq!(server.json("/api/v1/findings?region=us-east-1")["total"], 0);
}

#[test]
fn resources_show_their_state_and_why() {
    let server = serving();
    let failing = server.json("/api/v1/resources?state=fail");
    assert_eq!(failing["total"], 1);
    assert_eq!(failing["items"][0]["worst_severity"], "high");
    assert_eq!(failing["items"][0]["evaluations"][0]["result"], "fail");
    assert_eq!(server.json("/api/v1/resources?state=unknown")["items"][0]["id"], "arn:aws:s3:::bucket-1");
    assert_eq!(server.json("/api/v1/scans")["items"][1]["id"], 2);
}

#[test]
fn a_list_comes_in_pages_that_together_are_the_list() {
    let server = serving();
    let mut names = Vec::new();
    let mut offset = Some(0);
    while let Some(from) = offset {
        let page = server.json(&format!("/api/v1/resources?limit=2&offset={from}"));
        assert_eq!(page["total"], 5);
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        offset = page["next_offset"].as_u64();
    }
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!((names.len(), unique.len()), (5, 5));
    assert_eq!(server.json("/api/v1/resources?offset=99")["items"], Value::Array(Vec::new()));
}

#[test]
fn a_question_that_makes_no_sense_is_refused_with_the_reason() {
    let server = serving();
    for (path, status, said) in [
        ("/api/v1/findings?severty=high", 400, "unknown field `severty`, expected one of"),
        ("/api/v1/findings?severity=bad", 400, "unknown variant `bad`, expected one of `low`, `medium`"),
        ("/api/v1/findings?account=12", 400, "is not an AWS account id (12 digits)"),
        ("/api/v1/resources?limit=0", 400, "limit is 0, and must be 1 to 1000"),
        ("/api/v1/resources?limit=1001", 400, "limit is 1001"),
        ("/api/v1/resources?limit=-1", 400, "invalid digit"),
        ("/api/v1/nothing", 404, "there is no /api/v1/nothing"),
        ("/nothing", 404, "there is no /nothing"),
    ] {
        let (was, body) = server.get(path);
        let error: Value = serde_json::from_str(&body).unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(was == status && message.contains(said), "{path}: {was} {message}");
    }
}

#[test]
fn the_overview_names_what_matters_and_escapes_what_came_from_outside() {
    let page = serving().get("/").1;
    for wanted in [
        "96.84 %",
        "95.00 %",
        "3 of 95 valid resources fail",
        "arn:aws:s3:::bucket-0",
        "Rule 0 holds",
        "s3:GetBucketPublicAccessBlock",
        "&lt;b&gt;public&lt;/b&gt;",
        "30 h",
        "Changed since the scan before: 1<",
        "+ s3:GetObject on arn:aws:s3:::bucket-0/*",
        "proof: anyone may now s3:GetObject on arn:aws:s3:::bucket-0/x with aws:securetransport true",
        "1 written otherwise, with the same meaning",
    ] {
        assert!(page.contains(wanted), "{wanted} is not on {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style=\""));
}

#[test]
fn changes_are_listed_by_kind_and_direction() {
    let server = serving();
    let names = |query: &str| -> Vec<String> {
        let list = server.json(&format!("/api/v1/changes{query}"));
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), ["bucket-0", "bucket-1"]);
    assert_eq!(names("?direction=widened"), ["bucket-0"]);
    assert_eq!(names("?kind=rewritten"), ["bucket-1"]);
    assert_eq!(names("?id=arn:aws:s3:::bucket-1&kind=changed"), [""; 0]);
    assert_eq!(names("?service=ec2"), [""; 0]);
}

#[test]
fn every_answer_forbids_scripts_and_frames_and_large_bodies_are_refused() {
    let server = serving();
    for path in ["/", "/metrics", "/api/v1/sli", "/nothing"] {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = agent.get(format!("http://{}{path}", server.address)).call().unwrap();
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let answer = agent.post(format!("http://{}/api/v1/sli", server.address)).send("x".repeat(5000)).unwrap();
    assert_eq!(answer.status(), 413);
    let answer = agent.post(format!("http://{}/api/v1/sli", server.address)).send("x").unwrap();
    assert_eq!(answer.status(), 405);
}

#[test]
fn a_connection_without_traffic_is_closed_and_makes_room_for_others() {
    let limits = Limits { connections: 1, idle: Duration::from_millis(100), ..Limits::default() };
    let server = Server::start(once(), limits, nothing(), |_| std::future::pending(), keep);
    let mut silent = std::net::TcpStream::connect(server.address).unwrap();
    assert_eq!(server.get("/healthz").0, 200);
    assert_eq!(std::io::Read::read(&mut silent, &mut [0; 1]).unwrap_or(0), 0);
}

#[test]
fn a_taken_port_is_an_error_with_the_next_step() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(listen(address)).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("cannot listen on {address}: ")) && error.contains("\nhelp: another process"),
        "{error}"
    );
}
