//! The whole library on 10,000 mixed resources of 2 to 4 KB: evaluations per second of one core and
//! peak memory, from the text of the documents to the verdicts.
//!
//! The resources are those of a generated account (buckets, roles, users, groups) and, for the types
//! it lacks, copies of those of the demo account; tags fill them up to 2 KB. They are collected from
//! the simulated AWS by a process of its own and measured in another one, so that time and memory
//! are those of reading, facts and rules alone. Times are CPU time of one thread.
//!
//! ```sh
//! cargo bench --bench library
//! ```
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use plimsoll::config::Config;
use plimsoll::facts;
use plimsoll::model::{Region, Resource, ResourceId, ResourceType, Snapshot};
use plimsoll::rules::{Engine, Pack, Parameters};
use plimsoll::scan::{self, Account, Judge};
use plimsoll::simulator::{Estate, Simulator, Size};
use plimsoll::source::aws::{Access, Keys, Scope};
use plimsoll::source::file;

const RESOURCES: usize = 10_000;
/// Of these, copies of the demo account's.
const COPIES: usize = 2_500;
/// Bytes that a document is filled up to.
const LEAST: usize = 2_048;
const ROUNDS: usize = 5;
const NOW: &str = "2026-11-22T12:00:00Z";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => both(),
        ["write", file] => tokio::runtime::Runtime::new().unwrap().block_on(write(Path::new(file))),
        ["measure", file] => measure(Path::new(file)),
        other => println!("cannot tell what {other:?} asks for; see the top of benches/library.rs"),
    }
}

fn both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.json");
    for step in ["write", "measure"] {
        let ended = Command::new(std::env::current_exe().unwrap()).arg(step).arg(&file).status().unwrap();
        assert!(ended.success(), "{step}");
    }
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Collects the resources and writes them as a snapshot.
async fn write(path: &Path) {
    let size = Size { buckets: 2_000, roles: 2_500, users: 500, security_groups: 2_500, ..Size::default() };
    let mut snapshot = collect(Estate::generated(&size, now()).unwrap(), "AKIAGENERATED0000000").await;
    let demo = Estate::demo(now()).unwrap();
    let key = demo.accounts[0].access_key.clone();
    let demo = collect(demo, &key).await;
    let known: BTreeSet<ResourceType> = snapshot.resources.iter().map(|resource| resource.resource_type).collect();
    snapshot.resources.truncate(RESOURCES - COPIES);
    let others: Vec<&Resource> =
        demo.resources.iter().filter(|resource| !known.contains(&resource.resource_type)).collect();
    for number in 0..COPIES {
        let mut copy = others[number % others.len()].clone();
        copy.id = ResourceId::new(format!("{}-{number}", copy.id)).unwrap();
        snapshot.resources.push(copy);
    }
    for resource in &mut snapshot.resources {
        let size = resource.document().to_string().len();
        for number in 0..LEAST.saturating_sub(size) / 64 {
            resource.tags.insert(format!("tag-{number:02}"), "what somebody wrote about this resource, x".to_owned());
        }
    }
    snapshot.sort();
    file::write(path, &snapshot).unwrap();
}

async fn collect(estate: Estate, key: &str) -> Snapshot {
    let regions: Vec<Region> =
        estate.accounts[0].regions.keys().map(|region| Region::new(region.clone()).unwrap()).collect();
    let simulator = Simulator::start(estate).await.unwrap();
    let keys = Keys { access_key_id: key.to_owned(), secret_access_key: "simulated".to_owned(), session_token: None };
    let access = Access {
        endpoint_url: Some(simulator.endpoint()),
        region: regions.first().cloned(),
        keys: Some(keys),
        ..Access::default()
    };
    let judge = Judge::configured(&Config::default()).unwrap();
    let scope = Scope { wanted: judge.wanted_of_buckets(), judged: judge.judged(), ..Scope::default() };
    let accounts = [Account { id: None, access, regions }];
    let collected = scan::collect(&accounts, &scope, &|_| {}, &now).await.unwrap();
    simulator.stop().await;
    collected.snapshot
}

/// Times of the parts, each a sum over the rounds.
#[derive(Default)]
struct Times {
    parse: Duration,
    facts: Duration,
    rules: Duration,
}

fn measure(path: &Path) {
    let engine = Engine::new(&Pack::embedded(&Parameters::default()).unwrap()).with_threads(1);
    let mut times = Times::default();
    let mut evaluations = 0;
    for _ in 0..ROUNDS {
        let start = cpu_time();
        let mut snapshot = file::read(path).unwrap();
        let parsed = cpu_time();
        facts::derive(&mut snapshot);
        let derived = cpu_time();
        let resources: Vec<&Resource> = snapshot.resources.iter().collect();
        let evaluated = engine.evaluate(&resources, now());
        let judged = cpu_time();
        assert!(evaluated.suspects.is_empty(), "{:?}", evaluated.suspects);
        evaluations = evaluated.evaluated;
        times.parse += parsed.saturating_sub(start);
        times.facts += derived.saturating_sub(parsed);
        times.rules += judged.saturating_sub(derived);
    }
    let peak = peak_memory();
    let snapshot = file::read(path).unwrap();
    let sizes: Vec<usize> = snapshot.resources.iter().map(|resource| resource.document().to_string().len()).collect();
    let types: BTreeMap<&str, usize> = snapshot.resources.iter().fold(BTreeMap::new(), |mut types, resource| {
        *types.entry(resource.resource_type.name()).or_default() += 1;
        types
    });
    println!(
        "{} resources of {} types, {} bytes on average; {} rules, {evaluations} evaluations; {ROUNDS} rounds, one thread",
        sizes.len(),
        types.len(),
        sizes.iter().sum::<usize>() / sizes.len(),
        engine.pack().rules.len(),
    );
    print("text to documents", evaluations, times.parse);
    print("facts", evaluations, times.facts);
    print("document to verdict", evaluations, times.rules);
    print("facts and verdicts", evaluations, times.facts + times.rules);
    print("text to verdict", evaluations, times.parse + times.facts + times.rules);
    println!("peak memory {:.0} MB", peak.in_megabytes());
}

#[expect(clippy::cast_precision_loss, reason = "rates for people")]
fn print(what: &str, evaluations: usize, sum: Duration) {
    let rounds = u32::try_from(ROUNDS).unwrap();
    let rate = evaluations as f64 / (sum / rounds).as_secs_f64() / 1000.0;
    println!("{what:<22} {:>8.1?} a round, {rate:>7.1} thousand evaluations/s", sum / rounds);
}

/// User and system time of all threads, ended ones included, in ticks of 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<u64> =
        stat.rsplit_once(')').unwrap().1.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    Duration::from_millis((fields[11] + fields[12]) * 10)
}

/// KiB as `/proc` has them.
struct Kibibytes(u32);

impl Kibibytes {
    fn in_megabytes(&self) -> f64 {
        f64::from(self.0) * 1.024 / 1000.0
    }
}

/// Highest resident memory since the process began.
fn peak_memory() -> Kibibytes {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    Kibibytes(line.split_whitespace().next().unwrap().parse().unwrap())
}
