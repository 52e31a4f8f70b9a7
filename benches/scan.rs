//! What a scan of an account costs: API calls, time, memory; and what a second scan without a
//! change costs.
//!
//! The account is simulated by another process, and each round scans in a process of its own, so
//! that time and memory are those of the scan alone: collect, facts, rules, drift, ledger.
//!
//! ```sh
//! cargo bench --bench scan                      # the account that the targets are set for
//! cargo bench --bench scan -- large             # 1,000 buckets, 5,000 roles, 10,000 groups
//! cargo bench --bench scan -- serve [large]     # only the simulated account, for other programs
//! ```
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and may stop at what is wrong")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Config;
use plimsoll::ledger::Ledger;
use plimsoll::model::Region;
use plimsoll::scan::{self, Account, Judge, Terms};
use plimsoll::simulator::{Estate, Latency, Simulator, Size, Stats};
use plimsoll::sli::Calls;
use plimsoll::source::aws::{Access, Keys, Scope};
use serde::{Deserialize, Serialize};

const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => measure("default", ROUNDS),
        [size @ ("default" | "large" | "default-aws")] => measure(size, ROUNDS),
        [size @ ("default" | "large" | "default-aws"), rounds] => measure(size, rounds.parse().unwrap()),
        ["serve"] => serve("default"),
        ["serve", size] => serve(size),
        ["scan", endpoint, regions] => scan_twice(endpoint, regions),
        other => println!("cannot tell what {other:?} asks for; see the top of benches/scan.rs"),
    }
}

fn size(name: &str) -> Size {
    match name {
        "large" => {
            Size { regions: 8, buckets: 1_000, roles: 5_000, users: 50, security_groups: 10_000, ..Size::default() }
        }
        _ => Size::default(),
    }
}

/// Serves the simulated account until standard input ends; the first line it prints is its
/// endpoint, the second its regions.
fn serve(name: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let estate = Estate::generated(&size(name), Timestamp::now()).unwrap();
        let regions: Vec<String> = estate.accounts[0].regions.keys().cloned().collect();
        let simulator = Simulator::start(estate).await.unwrap();
        if name.ends_with("-aws") {
            simulator.set_latency(Latency::Aws);
        }
        println!("{}\n{}", simulator.endpoint(), regions.join(","));
        tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await.unwrap();
        simulator.stop().await;
    });
}

/// What one scan cost, told from the process of the scan to the one that compares.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cost {
    calls: Calls,
    gaps: usize,
    resources: usize,
    judged: u64,
    reused: u64,
    documents: u64,
    written: u64,
    wall: Duration,
    cpu: Duration,
    /// Highest resident memory since the process began, in KiB.
    peak: u64,
    phases: BTreeMap<String, Duration>,
}

/// Scans, prints what that cost, and does it again after each line of standard input.
fn scan_twice(endpoint: &str, regions: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).await.unwrap();
        let judge = Judge::configured(&Config::default()).unwrap();
        let accounts = [account(endpoint, regions)];
        loop {
            let cost = Box::pin(scan(&ledger, &judge, &accounts)).await;
            println!("{}", serde_json::to_string(&cost).unwrap());
            if std::io::stdin().read_line(&mut String::new()).unwrap() == 0 {
                break;
            }
        }
    });
}

fn account(endpoint: &str, regions: &str) -> Account {
    let regions: Vec<Region> = regions.split(',').map(|region| Region::new(region).unwrap()).collect();
    let keys = Keys {
        access_key_id: "AKIAGENERATED0000000".to_owned(),
        secret_access_key: "simulated".to_owned(),
        session_token: None,
    };
    let access = Access {
        endpoint_url: Some(endpoint.to_owned()),
        region: regions.first().cloned(),
        keys: Some(keys),
        ..Access::default()
    };
    Account { id: None, access, regions }
}

async fn scan(ledger: &Ledger, judge: &Judge, accounts: &[Account]) -> Cost {
    let (cpu, wall) = (cpu_time(), Instant::now());
    let scope = Scope { wanted: judge.wanted_of_buckets(), ..Scope::default() };
    let collected = scan::collect(accounts, &scope, &|_| {}, &clock).await.unwrap();
    let calls = collected.calls.clone();
    let writer = ledger.writer("benchmark", Duration::ZERO).await.unwrap();
    let concluded = scan::conclude(
        ledger,
        &writer,
        judge,
        collected,
        Terms::without_objectives(SignedDuration::from_hours(1)),
        &clock,
    );
    let outcome = Box::pin(concluded).await.unwrap();
    let (wall, cpu) = (wall.elapsed(), cpu_time().saturating_sub(cpu));
    let written = outcome.last.scan.written;
    Cost {
        calls,
        gaps: outcome.snapshot.gaps.len(),
        resources: outcome.snapshot.resources.len(),
        judged: outcome.work.judged,
        reused: outcome.work.reused,
        documents: written.documents,
        written: written.versions
            + written.verdicts
            + written.findings
            + written.changes
            + written.listings_and_gaps
            + written.rules,
        wall,
        cpu,
        peak: peak_memory(),
        phases: outcome.durations.iter().map(|(phase, duration)| (format!("{phase:?}"), *duration)).collect(),
    }
}

/// In whole milliseconds, as the ledger keeps time.
fn clock() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap()
}

/// User and system time of all threads, ended ones included, in ticks of 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<u64> =
        stat.rsplit_once(')').unwrap().1.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    Duration::from_millis((fields[11] + fields[12]) * 10)
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// A child of this program that answers on its standard output.
struct Helper {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Helper {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the helper process has ended");
        line.trim_end().to_owned()
    }

    fn cost(&mut self) -> Cost {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn again(&mut self) {
        self.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn end(mut self) {
        self.stdin = None;
        assert!(self.child.wait().unwrap().success());
    }
}

fn measure(name: &str, rounds: usize) {
    let size = size(name);
    let mut first = Vec::new();
    let mut second = Vec::new();
    for round in 0..rounds {
        let mut server = Helper::start(&["serve", name]);
        let (endpoint, regions) = (server.line(), server.line());
        let mut scanner = Helper::start(&["scan", &endpoint, &regions]);
        first.push(scanner.cost());
        let stats = stats(&endpoint);
        scanner.again();
        second.push(scanner.cost());
        scanner.end();
        server.end();
        compare(&first[round].calls, &stats);
        if round == 0 {
            describe(&size, &first[0], &stats);
        }
    }
    print_costs("first scan", &first);
    print_costs("second scan, nothing changed", &second);
}

fn stats(endpoint: &str) -> Stats {
    ureq::get(format!("{endpoint}/__stats")).call().unwrap().body_mut().read_json().unwrap()
}

/// What the scan says it sent is what the simulated account has received.
fn compare(calls: &Calls, stats: &Stats) {
    for (service, operations) in calls {
        let other = service.to_lowercase().replace(' ', "");
        for (operation, count) in operations {
            assert_eq!(count.attempts, stats.of(&other, operation), "{service} {operation}");
        }
    }
    let sent: u64 = calls.values().flat_map(BTreeMap::values).map(|count| count.attempts).sum();
    assert_eq!(sent, stats.total());
}

#[expect(clippy::cast_precision_loss, reason = "numbers for people")]
fn describe(size: &Size, cost: &Cost, stats: &Stats) {
    println!(
        "{} buckets, {} roles, {} users, {} security groups in {} regions: {} resources, {} gaps",
        size.buckets, size.roles, size.users, size.security_groups, size.regions, cost.resources, cost.gaps
    );
    println!("\n{:<12} {:<36} {:>6} {:>9} {:>7}", "service", "operation", "calls", "attempts", "errors");
    for (service, operations) in &cost.calls {
        for (operation, count) in operations {
            println!("{service:<12} {operation:<36} {:>6} {:>9} {:>7}", count.calls, count.attempts, count.errors);
        }
    }
    let most = stats.buckets.values().max().copied().unwrap_or_default();
    let sum: u64 = stats.buckets.values().sum();
    println!("\n{} calls in all, {} of them IAM's", stats.total(), stats.of_service("iam"));
    println!("calls per bucket: at most {most}, {:.2} on average", sum as f64 / stats.buckets.len().max(1) as f64);
    println!("calls open at the same time: at most {}", stats.max_in_flight);
}

#[expect(clippy::cast_precision_loss, reason = "numbers for people")]
fn print_costs(title: &str, costs: &[Cost]) {
    let cost = &costs[0];
    println!("\n{title}: {} rounds; median (lowest to highest)", costs.len());
    let seconds = |what: &str, pick: &dyn Fn(&Cost) -> f64, unit: &str| {
        let mut all: Vec<f64> = costs.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        println!("  {what:<22} {:>8.2} ({:.2} to {:.2}) {unit}", all[all.len() / 2], all[0], all[all.len() - 1]);
    };
    seconds("wall clock", &|cost| cost.wall.as_secs_f64(), "s");
    seconds("CPU time", &|cost| cost.cpu.as_secs_f64(), "s");
    seconds("peak memory", &|cost| cost.peak as f64 / 1024.0, "MiB");
    for phase in cost.phases.keys() {
        seconds(&format!("phase {}", phase.to_lowercase()), &|cost| cost.phases[phase].as_secs_f64(), "s");
    }
    for cost in costs {
        let told = |cost: &Cost| (cost.judged, cost.reused, cost.documents, cost.written);
        assert_eq!(told(cost), told(&costs[0]), "rounds differ");
    }
    println!("  evaluations made       {:>8}, taken over {}", cost.judged, cost.reused);
    println!("  documents written      {:>8}, other rows written {}", cost.documents, cost.written);
}
