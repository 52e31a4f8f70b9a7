//! Our evaluator against another team's: the same requests, the same policies, the same answers.
//!
//! The oracle is the npm package `@cloud-copilot/iam-simulate`, run as a process of its own. It is
//! installed below `tests/oracle` when it is missing; where that cannot be done the test says so,
//! and fails where `CI` is set. `PLIMSOLL_ORACLE_EVALUATIONS=100000` raises the number of
//! evaluations. Cases on which the oracle is known to differ, each with the reason, are in
//! `quirks`; they are counted and printed.

mod cases;
mod keys;
mod quirks;
mod shrink;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll::policy::{
    Applied, Context, Decision, KeyValue, LayerPolicies, Policies, Principal, Request, evaluate, from_value,
};
use serde_json::Value;

use cases::{Case, case};

const EVALUATIONS: u64 = 5_000;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle")
}

/// Installs the oracle where it is missing; `None` where that cannot be done.
#[expect(clippy::print_stderr, reason = "a test that did not run must be seen")]
fn installed() -> Option<PathBuf> {
    let directory = directory();
    let package = directory.join("node_modules/@cloud-copilot/iam-simulate/package.json");
    if !package.exists() {
        let npm = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory).output();
        let installed = npm.is_ok_and(|output| output.status.success());
        if !installed {
            let message = "npm could not install iam-simulate below tests/oracle";
            assert!(std::env::var("CI").is_err(), "{message}");
            eprintln!("NOT TESTED: {message}");
            return None;
        }
    }
    Some(directory)
}

/// The oracle's answers, in the order of the cases.
fn ask(directory: &Path, cases: &[Case]) -> Vec<Value> {
    let mut node = Command::new("node")
        .arg("oracle.mjs")
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = BufWriter::new(node.stdin.take().unwrap());
    let output = BufReader::new(node.stdout.take().unwrap());
    let answers = std::thread::scope(|scope| {
        scope.spawn(move || {
            for case in cases {
                writeln!(input, "{}", case.json).unwrap();
            }
        });
        output.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect::<Vec<Value>>()
    });
    assert!(node.wait().unwrap().success());
    assert_eq!(answers.len(), cases.len());
    answers
}

fn request(case: &Case) -> Request {
    let asked = &case.json["request"];
    let text = |name: &str| asked[name].as_str().unwrap().to_owned();
    let principal = match case.role {
        Some(role) => Principal::Role { role: role.to_owned(), session: text("principal") },
        None => Principal::read(&text("principal")),
    };
    let mut context = Context::whole();
    for (key, value) in asked["context"].as_object().unwrap() {
        let values = match value {
            Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
            value => vec![value.as_str().unwrap().to_owned()],
        };
        context.set(key, KeyValue::Known(values));
    }
    Request {
        principal,
        action: text("action"),
        resource: text("resource"),
        resource_account: Some(text("account")),
        context,
    }
}

/// What we say, with the policies of a case.
fn ours(case: &Case, request: &Request) -> Decision {
    let documents = |value: &Value| -> Vec<_> {
        value.as_array().into_iter().flatten().map(|document| from_value(document).unwrap()).collect()
    };
    let one = |name: &str| case.json.get(name).map(|document| vec![from_value(document).unwrap()]);
    let levels = |name: &str| -> Vec<_> { case.json[name].as_array().unwrap().iter().map(documents).collect() };
    let (identity, boundary, session, resource) =
        (documents(&case.json["identity"]), one("boundary"), one("session"), one("resource"));
    let (service_control, resource_control) = (levels("service_control"), levels("resource_control"));
    evaluate(
        request,
        &Policies {
            identity: applied(&identity),
            boundary: boundary.as_deref().map(applied),
            session: session.as_deref().map(applied),
            service_control: service_control.iter().map(|level| applied(level)).collect(),
            resource_control: resource_control.iter().map(|level| applied(level)).collect(),
            resource: resource.as_deref().map(applied),
        },
    )
    .decision
}

fn applied(documents: &[plimsoll::model::PolicyDocument]) -> LayerPolicies<'_> {
    LayerPolicies::of(documents.iter().map(|document| Applied::new("policy", document)).collect())
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "Allowed",
        Decision::Deny(denial) if denial.statement.is_some() => "ExplicitlyDenied",
        Decision::Deny(_) => "ImplicitlyDenied",
        Decision::Depends(_) => "Depends",
    }
}

/// What both say to a case, where they do not agree; `None` where they do.
fn difference(case: &Case, answer: &Value) -> Option<(&'static str, String)> {
    let ignored = answer["ignored"].as_array().map_or(0, Vec::len);
    let theirs = match answer["result"].as_str() {
        Some(result) if ignored == 0 => result.to_owned(),
        Some(_) => format!("leaves out {}", answer["ignored"]),
        None => format!("refuses {}", answer["error"]),
    };
    let ours = word(&ours(case, &request(case)));
    (ours != theirs).then_some((ours, theirs))
}

/// A case in which both still differ as they do in this one, as small as it gets.
fn smallest(directory: &Path, case: &Case, difference: &(&'static str, String)) -> Case {
    shrink::shrink(case.clone(), |cases| {
        let (legal, rest): (Vec<(usize, &Case)>, Vec<_>) =
            cases.iter().enumerate().partition(|(_, case)| is_legal(case));
        let mut differs: Vec<(usize, bool)> = rest.into_iter().map(|(at, _)| (at, false)).collect();
        let asked: Vec<Case> = legal.iter().map(|(_, case)| (*case).clone()).collect();
        for ((at, case), answer) in legal.into_iter().zip(ask(directory, &asked)) {
            differs.push((at, self::difference(case, &answer).as_ref() == Some(difference)));
        }
        differs.sort_unstable();
        differs.into_iter().map(|(_, differs)| differs).collect()
    })
}

fn is_legal(case: &Case) -> bool {
    let mut documents = Vec::new();
    for part in ["identity", "service_control", "resource_control", "boundary", "session", "resource"] {
        collect_documents(&case.json[part], &mut documents);
    }
    case.json["request"].get("resource").is_some() && documents.into_iter().all(|document| from_value(document).is_ok())
}

fn collect_documents<'a>(value: &'a Value, documents: &mut Vec<&'a Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect_documents(value, documents)),
        Value::Object(_) => documents.push(value),
        _ => {}
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "the numbers are the result")]
fn the_oracle_agrees() {
    let Some(directory) = installed() else { return };
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |count| count.parse().unwrap());
    let evaluations = number("PLIMSOLL_ORACLE_EVALUATIONS", EVALUATIONS);
    let first = number("PLIMSOLL_ORACLE_FIRST", 0);
    let all: Vec<Case> = (first..first + evaluations).map(case).collect();
    let answers = ask(&directory, &all);

    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut differing: BTreeMap<(&str, String), Vec<u64>> = BTreeMap::new();
    for ((case, answer), number) in all.iter().zip(&answers).zip(first..) {
        let Some((ours, theirs)) = difference(case, answer) else {
            *counts.entry(word(&self::ours(case, &request(case)))).or_default() += 1;
            continue;
        };
        match quirks::of(case, ours, &theirs) {
            Some(quirk) => *counts.entry(quirk).or_default() += 1,
            None => differing.entry((ours, theirs)).or_default().push(number),
        }
    }
    eprintln!("{evaluations} evaluations: {counts:#?}");
    for ((ours, theirs), numbers) in &differing {
        eprintln!("{} times ours is {ours} where theirs is {theirs}, in cases {numbers:?}", numbers.len());
        for &number in numbers.iter().take(number_of_examples()) {
            let small = smallest(&directory, &case(number), &(*ours, theirs.clone()));
            eprintln!("  {number}, made small: {}", small.json);
        }
    }
    assert!(differing.is_empty(), "the two differ, see above");
}

fn number_of_examples() -> usize {
    std::env::var("PLIMSOLL_ORACLE_EXAMPLES").map_or(1, |count| count.parse().unwrap())
}
