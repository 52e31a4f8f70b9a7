//! What years of scans cost: a ledger of 400 days of scans every 15 minutes, 100,000 resources, 0.1 %
//! of them changed by each scan, and what it takes to ask it and to record into it.
//!
//! The first scan and the last ones are recorded by the pipeline. Those between are written as rows of
//! the same shape, set by set; their documents are as many as in earnest, but short, so that a disk of
//! 10 GB is enough, and the size of real ones is reckoned beside it. Asking and recording are measured
//! in a process of its own each.
//!
//! ```sh
//! cargo bench --bench ledger                     # 400 days
//! cargo bench --bench ledger -- 30               # so many days
//! cargo bench --bench ledger -- build FILE 400   # only the ledger, to be kept
//! cargo bench --bench ledger -- measure FILE     # only the numbers of one that was kept
//! cargo bench --bench ledger -- scan PLACE       # one more scan, which changes nothing; of a new ledger three
//!                                                # PLACE may be postgres://user@host/database too
//! ```
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::budgets::statuses;
use plimsoll::config::Config;
use plimsoll::ledger::{FindingFilter, Ledger};
use plimsoll::metrics::{Build, Format, Published, ScanValues, SloValues, render_as};
use plimsoll::model::{AccountId, LedgerPlace, Region, Resource, ResourceId, Snapshot};
use plimsoll::scan::{self, Account, Collected, Judge, Outcome, Terms};
use plimsoll::simulator::{Estate, Simulator, Size};
use plimsoll::slo::policy::Policy;
use plimsoll::slo::{Slo, status};
use plimsoll::source::aws::{Access, Keys, Scope};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, Row, SqliteConnection};

const RESOURCES: usize = 100_000;
/// Resources that each scan finds changed.
const CHANGED: i64 = 100;
/// Findings that each scan opens and resolves.
const MOVED: i64 = 10;
/// Findings that move at all, in turn.
const MOVING: i64 = 20_000;
const INTERVAL: SignedDuration = SignedDuration::from_mins(15);
const SCANS_OF_A_DAY: i64 = 96;
const ROUNDS: usize = 9;

/// Five objectives, one of each type, over 28 d; one over 90 d.
const CONFIGURATION: &str = "\
slos:
  - {name: high, indicator: {type: compliance, severity: high}, target: 0.99, window: 90d}
  - {name: coverage, indicator: {type: coverage}, target: 0.95}
  - {name: critical-open, indicator: {type: open_time, severity: critical}, budget: 24h}
  - {name: detection, indicator: {type: detection, within: 30m}, target: 0.9}
  - {name: remediation, indicator: {type: remediation, severity: high, within: 7d}, target: 0.9}
";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = tokio::runtime::Runtime::new().unwrap();
    match arguments.as_slice() {
        [] => both("400"),
        ["build", file, days] => run.block_on(build(Path::new(file), days.parse().unwrap())),
        ["measure", file] => run.block_on(measure(Path::new(file))),
        ["scan", file] => run.block_on(scan_again(&LedgerPlace::new(file))),
        [days] if days.parse::<i64>().is_ok() => both(days),
        other => println!("cannot tell what {other:?} asks for; see the top of benches/ledger.rs"),
    }
}

fn both(days: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.db");
    for arguments in [["build", file.to_str().unwrap(), days].as_slice(), &["measure", file.to_str().unwrap()]] {
        let ended = Command::new(std::env::current_exe().unwrap()).args(arguments).status().unwrap();
        assert!(ended.success(), "{arguments:?}");
    }
}

fn config() -> Config {
    Config::parse(CONFIGURATION, Path::new("plimsoll.yaml")).unwrap()
}

fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap()
}

async fn build(path: &Path, days: i64) {
    let began = Instant::now();
    let judge = Judge::configured(&Config::default()).unwrap();
    let mut estate = estate(&judge).await;
    println!("{} resources after {:.1?}", estate.resources.len(), began.elapsed());
    let scans = days * SCANS_OF_A_DAY;
    let end = now() - SignedDuration::from_secs(60);
    let begin = end - SignedDuration::from_secs(INTERVAL.as_secs() * (scans - 1));
    let place = LedgerPlace::from(path);
    let outcome = record(&place, &judge, estate.clone(), begin).await;
    println!("first scan: {:?}", outcome.durations);

    let began = Instant::now();
    let bytes =
        estate.resources.iter().map(|resource| resource.document().to_string().len()).sum::<usize>() / RESOURCES;
    past(path, begin, scans).await;
    println!("{} scans written as rows in {:.1?}; a real document has {bytes} bytes", scans - 3, began.elapsed());

    change(&mut estate);
    let changed = record(&place, &judge, estate.clone(), end - INTERVAL).await;
    println!("a scan that changes {}: {:?}", changed.changes.len(), changed.durations);
    let unchanged = record(&place, &judge, estate, end).await;
    println!("a scan that changes {}: {:?}", unchanged.changes.len(), unchanged.durations);
    sizes(path, bytes).await;
}

async fn scan_again(place: &LedgerPlace) {
    let judge = Judge::configured(&Config::default()).unwrap();
    let mut estate = estate(&judge).await;
    let ledger = Ledger::open(place.clone()).await.unwrap();
    let is_new = ledger.last_scan().await.unwrap().is_none();
    ledger.close().await;
    let tell = |scan: Outcome| println!("a scan that changes {}: {:?}", scan.changes.len(), scan.durations);
    if is_new {
        tell(record(place, &judge, estate.clone(), now()).await);
    }
    change(&mut estate);
    if is_new {
        tell(record(place, &judge, estate.clone(), now()).await);
    }
    tell(record(place, &judge, estate, now()).await);
}

/// Changes as many resources as each scan finds changed.
fn change(estate: &mut Snapshot) {
    for (number, resource) in estate.resources.iter_mut().enumerate() {
        if number % 1000 == 0 {
            resource.tags.insert("changed".to_owned(), "yes".to_owned());
        }
    }
}

/// A generated account of 2,000 resources, and 49 copies of it in other accounts.
async fn estate(judge: &Judge) -> Snapshot {
    let size = Size { regions: 2, buckets: 400, roles: 700, users: 100, security_groups: 800, ..Size::default() };
    let one = collect(Estate::generated(&size, now()).unwrap(), judge).await;
    let account = one.resources[0].account.clone();
    let per_account = one.resources.len();
    let mut whole = one.clone();
    for number in 1..RESOURCES.div_ceil(per_account) {
        let id = AccountId::new(format!("{:012}", 200_000_000_000 + number)).unwrap();
        whole.resources.extend(one.resources.iter().map(|resource| copied(resource, &account, &id)));
        whole.listings.extend(one.listings.iter().cloned().map(|mut listing| {
            listing.account = id.clone();
            listing
        }));
    }
    whole.resources.truncate(RESOURCES);
    whole.sort();
    whole
}

fn copied(resource: &Resource, from: &AccountId, to: &AccountId) -> Resource {
    let mut copy = resource.clone();
    let id = resource.id.as_str();
    let id = if id.contains(from.as_str()) { id.replace(from.as_str(), to.as_str()) } else { format!("{id}-{to}") };
    copy.id = ResourceId::new(id).unwrap();
    copy.account = to.clone();
    copy
}

async fn collect(estate: Estate, judge: &Judge) -> Snapshot {
    let key = estate.accounts[0].access_key.clone();
    let regions: Vec<Region> =
        estate.accounts[0].regions.keys().map(|region| Region::new(region.clone()).unwrap()).collect();
    let simulator = Simulator::start(estate).await.unwrap();
    let keys = Keys { access_key_id: key, secret_access_key: "simulated".to_owned(), session_token: None };
    let access = Access {
        endpoint_url: Some(simulator.endpoint()),
        region: regions.first().cloned(),
        keys: Some(keys),
        ..Access::default()
    };
    let scope = Scope { wanted: judge.wanted_of_buckets(), judged: judge.judged(), ..Scope::default() };
    let accounts = [Account { id: None, access, regions }];
    let collected = scan::collect(&accounts, &scope, &|_| {}, &now).await.unwrap();
    simulator.stop().await;
    collected.snapshot
}

/// One scan, as if it had been made at that time.
async fn record(place: &LedgerPlace, judge: &Judge, mut snapshot: Snapshot, at: Timestamp) -> Outcome {
    snapshot.taken_at = at;
    let calls = std::collections::BTreeMap::default();
    let collected = Collected { snapshot, calls, started: at, closed: Vec::new(), sessions: Vec::new() };
    let ledger = Ledger::open(place.clone()).await.unwrap();
    let writer = ledger.writer("a benchmark", Duration::from_secs(10)).await.unwrap();
    let (config, began) = (config(), Instant::now());
    let (slos, policy) = (config.slos(), config.budget_policy.policy());
    let clock = move || at + SignedDuration::try_from(began.elapsed()).unwrap();
    let clock = move || Timestamp::from_millisecond(clock().as_millisecond()).unwrap();
    let terms = Terms { slos: &slos, policy: &policy, ..Terms::without_objectives(INTERVAL) };
    let outcome = scan::conclude(&ledger, &writer, judge, collected, terms, &clock).await.unwrap();
    writer.release().await;
    ledger.close().await;
    outcome
}

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// The scans between the first and the last two, as rows: each ends versions of 100 resources and adds
/// what follows from that.
async fn past(path: &Path, begin: Timestamp, scans: i64) {
    let mut database = connect(path).await;
    let (begin, step) = (begin.as_millisecond(), i64::try_from(INTERVAL.as_millis()).unwrap());
    let (last, changed) = (scans - 2, (scans - 3) * CHANGED);
    let (moved, between) = ((scans - 3) * MOVED, "WHERE n BETWEEN 2");
    let mut script =
        String::from("PRAGMA journal_mode = wal; PRAGMA synchronous = off; PRAGMA cache_size = -1000000;\nBEGIN;\n");
    let most = changed.max(scans);
    let _ = write!(
        script,
        "CREATE TEMP TABLE numbers AS WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {most}) SELECT n FROM up;
         INSERT INTO scans SELECT n, first.started, first.finished, first.taken_at, first.complete, first.rules_digest,
             first.waivers_digest, first.written, 0, first.integrals, first.hold, first.longest, first.slices, first.open, first.step
             FROM numbers, (SELECT * FROM scans WHERE id = 1) AS first {between} AND {last};
         UPDATE scans SET at = {begin} + 60000 + (id - 1) * {step}, started = {begin} + (id - 1) * {step},
             finished = {begin} + 60000 + (id - 1) * {step}, taken_at = {begin} + (id - 1) * {step} WHERE id > 1;
         INSERT INTO slo_points SELECT slo, n, at + (n - 1) * {step}, hold, pass, critical, high, medium, low, waived, unknown, open,
             pass_ms + pass * (n - 1) * {step}, critical_ms + critical * (n - 1) * {step}, high_ms + high * (n - 1) * {step},
             medium_ms + medium * (n - 1) * {step}, low_ms + low * (n - 1) * {step}, waived_ms + waived * (n - 1) * {step},
             unknown_ms + unknown * (n - 1) * {step}, open_ms + open * (n - 1) * {step}, within + n * 4, late + n / 50
             FROM (SELECT * FROM slo_points WHERE scan = 1), numbers {between} AND {last};
         CREATE TEMP TABLE estate AS SELECT row_number() OVER () AS place, * FROM versions;
         CREATE TEMP TABLE old AS SELECT n - 1 AS n, lower(hex(randomblob(32))) AS hash FROM numbers WHERE n <= {changed};
         INSERT INTO documents SELECT hash, '{{}}', '{{}}' FROM old;
         INSERT INTO versions (account, region, type, resource, name, document, last_known, valid_from, valid_to, stale_since, in_scope, state, severity, since)
             SELECT account, region, type, resource, name, hash, NULL, max(1, n / {CHANGED} + 2 - {RESOURCES} / {CHANGED}), n / {CHANGED} + 2,
                 NULL, TRUE, state, severity, {begin} + max(0, n / {CHANGED} + 1 - {RESOURCES} / {CHANGED}) * {step}
             FROM old JOIN estate ON place = n % {RESOURCES} + 1;
         INSERT INTO changes SELECT n / {CHANGED} + 2, n % {CHANGED}, 'changed', 'neutral', account, region, type, resource,
             json_object('kind', 'changed', 'direction', 'neutral', 'resource', json_object('account', account, 'region', region,
                 'resource_type', type, 'id', resource), 'fields', json_array(json_object('path', '/configuration/policy/Statement/0',
                 'direction', 'neutral', 'detail', 'a statement was written otherwise, with the same meaning, as happens often')))
             FROM old JOIN estate ON place = n % {RESOURCES} + 1;
         INSERT INTO findings (id, opening, rule, severity, account, region, type, resource, denials, first_seen, last_seen, resolved_at, resolution, cause)
             SELECT printf('%064x', n % {MOVING}), n / {MOVING}, 'aws-s3-tls-required', 'medium', account, region, type, resource,
                 '[{{\"message\": \"the policy does not deny requests without TLS\", \"path\": \"/configuration/policy\"}}]',
                 {begin} + n / {MOVED} * {step}, {begin} + n / {MOVED} * {step}, {begin} + (n / {MOVED} + 1) * {step}, 'fixed', 'configuration'
             FROM numbers JOIN estate ON place = n % {MOVING} + 1 WHERE n <= {moved};
         COMMIT; ANALYZE;"
    );
    for statement in script.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        database.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(statement))).await.unwrap();
    }
    database.close().await.unwrap();
}

/// Size by table, indexes included.
async fn sizes(path: &Path, bytes: usize) {
    let mut database = connect(path).await;
    let select = "SELECT tbl_name AS name, sum(pgsize) AS bytes, (SELECT sum(pgsize) FROM dbstat) AS whole \
                  FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name ORDER BY 2 DESC LIMIT 9";
    let rows = database.fetch_all(select).await.unwrap();
    let megabytes = |bytes: i64| bytes / 1_000_000;
    println!("ledger: {} MB", megabytes(rows[0].get("whole")));
    for row in &rows {
        println!("    {:<14} {:>6} MB", row.get::<String, _>("name"), megabytes(row.get("bytes")));
    }
    let (documents,): (i64,) = sqlx::query_as("SELECT count(*) FROM documents").fetch_one(&mut database).await.unwrap();
    let real = documents * i64::try_from(bytes).unwrap();
    println!("    {documents} documents; with {bytes} bytes each they would be {} MB", megabytes(real));
    database.close().await.unwrap();
}

async fn measure(path: &Path) {
    let (config, now) = (config(), now());
    let (slos, policy) = (config.slos(), config.budget_policy.policy());
    let ledger = Ledger::open(path).await.unwrap();
    for slo in &slos {
        points(&ledger, slo, &policy, now).await;
    }
    timed("where 5 objectives stand", async || drop(statuses(&ledger, &slos, &policy, now).await.unwrap())).await;
    timed("the last scan", async || drop(ledger.last_scan().await.unwrap())).await;
    let open = FindingFilter { open: Some(true), ..FindingFilter::default() };
    timed("open findings", async || drop(ledger.findings(&open).await.unwrap())).await;
    timed("all findings", async || drop(ledger.findings(&FindingFilter::default()).await.unwrap())).await;
    timed("gaps", async || drop(ledger.gaps().await.unwrap())).await;
    page(&ledger, &slos, &policy, now).await;
    ledger.close().await;
    verb(path, &["status"]);
    verb(path, &["findings", "--limit", "10"]);
}

async fn points(ledger: &Ledger, slo: &Slo, policy: &Policy, now: Timestamp) {
    let began = Instant::now();
    let points = ledger.points(&slo.digest(), slo.needed_since(policy, now)).await.unwrap();
    let read = began.elapsed();
    let began = Instant::now();
    let _ = std::hint::black_box(status(slo, &points, policy, &plimsoll::slo::policy::State::default(), now));
    println!("    {}: {} points read in {read:.1?}, reckoned in {:.1?}", slo.name, points.len(), began.elapsed());
}

async fn timed(what: &str, work: impl AsyncFn()) {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        work().await;
        times.push(began.elapsed());
    }
    tell(what, times);
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!("{what}: median {:.1?} ({:.1?} to {:.1?})", times[times.len() / 2], times[0], times[times.len() - 1]);
}

/// The page from what the ledger remembers, as a scrape renders it.
async fn page(ledger: &Ledger, slos: &[Slo], policy: &Policy, now: Timestamp) {
    let last = ledger.last_scan().await.unwrap().unwrap();
    let build = Build { version: "0".to_owned(), revision: String::new(), rules_digest: String::new() };
    let mut page = Published::before_the_first_scan(build, Duration::from_mins(15));
    page.scan = Some(ScanValues::new(last.assessment, last.standing, &Snapshot::empty(now), &[]));
    page.counters = last.counters;
    let statuses = statuses(ledger, slos, policy, now).await.unwrap();
    page.slos = statuses.iter().map(|status| (status.slo.name.clone(), SloValues::from(status))).collect();
    timed("the metrics page", async || drop(render_as(Format::OpenMetrics, &page, now))).await;
}

/// A verb in a process of its own, from its start to its end.
fn verb(path: &Path, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plimsoll.yaml"), CONFIGURATION).unwrap();
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        let program = env!("CARGO_BIN_EXE_plimsoll");
        let output = Command::new(program)
            .args(arguments)
            .arg("--ledger")
            .arg(path)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        began.elapsed()
    });
    tell(&format!("plimsoll {}", arguments.join(" ")), times.collect());
}
