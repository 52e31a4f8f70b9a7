//! Accepted failures, from the waiver file to the report: `plimsoll scan` and `plimsoll waivers`
//! on the demo account.

use std::fs;
use std::path::Path;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use plimsoll::simulator::{Estate, Simulator};
use serde_json::Value;

use crate::estate::{folder, program, program_on, run, run_beside};

/// A folder with `demo.json`, the demo account's snapshot.
async fn demo() -> tempfile::TempDir {
    let (folder, _) = folder();
    let simulator = Simulator::start(Estate::demo("2026-11-22T09:00:00Z".parse().unwrap()).unwrap()).await.unwrap();
    let ended = run_beside(program_on(&simulator, folder.path()), &["collect", "-o", "demo.json"]).await;
    assert!(folder.path().join("demo.json").exists(), "{}", ended.stderr);
    simulator.stop().await;
    folder
}

/// The day so many days from today.
fn day(days: i32) -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_add(days.days()).to_string()
}

fn write(folder: &Path, waivers: &[String]) {
    fs::write(folder.join("plimsoll.yaml"), "waiver_files: [waivers.yaml]\n").unwrap();
    fs::write(folder.join("waivers.yaml"), format!("format: 1\nwaivers:\n{}", waivers.concat())).unwrap();
}

fn waiver(rule: &str, resource: &str, more: &str, days: i32) -> String {
    let expires = day(days);
    format!(
        "  - {{rule: {rule}, resource: {resource:?}, {more}reason: legacy clients, owner: web, expires: {expires}}}\n"
    )
}

fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let all = [arguments, &["--snapshot", "demo.json", "--format", "json"]].concat();
    let ended = run(&mut program(folder), &all);
    assert!(!ended.stdout.is_empty(), "{}", ended.stderr);
    (ended.code, serde_json::from_str(&ended.stdout).unwrap())
}

/// Resources that fail, and resources in all, of a rule; and what the scan says besides.
fn scanned(folder: &Path, rule: &str) -> (u64, u64, Vec<String>) {
    let (_, report) = json(folder, &["scan"]);
    let counts = &report["sli"]["rules"][rule];
    let count = |state: &str| counts[state].as_u64().unwrap();
    let notes = report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_owned()).collect();
    (count("fail"), count("fail") + count("waived") + count("pass") + count("unknown"), notes)
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_failures_stay_in_the_denominator_until_they_expire() {
    const RULE: &str = "aws-s3-tls-only";
    let folder = demo().await;
    let at = folder.path();
    let (failing, all, _) = scanned(at, RULE);
    assert!(failing > 2);

    write(at, &[waiver(RULE, "*", "", 10)]);
    let (accepted, same, notes) = scanned(at, RULE);
    assert_eq!((accepted, same), (0, all));
    assert!(notes.iter().any(|note| note.contains("ends in 10 days")), "{notes:?}");

    write(at, &[waiver(RULE, "*", "", -1)]);
    let (again, same, notes) = scanned(at, RULE);
    assert_eq!((again, same), (failing, all));
    assert!(notes.iter().any(|note| note.contains("expired on")), "{notes:?}");

    // 400 days are too long from today, and not from the day it was granted.
    write(at, &[waiver(RULE, "*", "", 360)]);
    assert_eq!(scanned(at, RULE).0, 0);
    write(at, &[waiver(RULE, "*", "", 400)]);
    let (again, _, notes) = scanned(at, RULE);
    assert_eq!(again, failing);
    assert!(notes.iter().any(|note| note.contains("400 days")), "{notes:?}");
    write(at, &[waiver(RULE, "*", &format!("granted: {}, ", day(-100)), 300)]);
    assert_eq!(scanned(at, RULE).0, failing);
    // Nor is it made shorter by a day that is still to come.
    write(at, &[waiver(RULE, "*", &format!("granted: {}, ", day(3000)), 3020)]);
    assert_eq!(scanned(at, RULE).0, failing);

    // A bound of severity below the rule's, tags that nothing has, another account: not accepted.
    for more in ["severity: low, ", "tags: {team: nobody}, ", "account: '444455556666', "] {
        write(at, &[waiver(RULE, "*", more, 30)]);
        assert_eq!(scanned(at, RULE).0, failing, "{more}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_is_wrong_with_each_and_exits_with_10() {
    let folder = demo().await;
    let at = folder.path();
    write(at, &[waiver("aws-s3-tls-only", "nordwind-*", "", 100)]);
    let (code, report) = json(at, &["waivers", "check"]);
    assert_eq!((code, report["waivers"].as_array().unwrap().len()), (0, 0), "{report}");

    write(
        at,
        &[
            waiver("aws-s3-tls-only", "nordwind-*", "", 100),
            waiver("aws-s3-tls-only", "nordwind-*", "ticket: OPS-1, ", 90),
            waiver("aws-s3-tls-only", "no-such-bucket", "", 100),
            waiver("aws-s3-tls-only", "*", "", -3),
            waiver("aws-s3-versioned", "*", "", 700),
            waiver("\"*\"", "*", "severity: medium, ", 5),
        ],
    );
    let (code, report) = json(at, &["waivers", "check"]);
    assert_eq!(code, 10);
    let told: Vec<Vec<&str>> = report["waivers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["problems"].as_array().unwrap().iter().map(|one| one["problem"].as_str().unwrap()).collect())
        .collect();
    let wanted: [&[&str]; 5] =
        [&["duplicate"], &["unused"], &["expired"], &["too_long"], &["ends_soon", "broad", "broad"]];
    assert_eq!(told, wanted, "{report:#}");
    let (code, report) = json(at, &["waivers", "list"]);
    assert_eq!((code, report["waivers"].as_array().unwrap().len()), (0, 6));

    // Without a bound of severity most rules at once cannot be accepted.
    write(at, &[waiver("aws-*", "nordwind-*", "", 5)]);
    let ended = run(&mut program(at), &["waivers", "check", "--snapshot", "demo.json"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("the waiver of aws-* on nordwind-* is of most rules there are"), "{}", ended.stderr);
    write(at, &[waiver("\"*\"", "*", "", 5)]);
    let ended = run(&mut program(at), &["waivers", "check", "--snapshot", "demo.json"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("waivers.yaml:3:12: waivers[0].rule"), "{}", ended.stderr);
}

/// A snapshot is judged as of its day; what is accepted is what is accepted today.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_snapshot_is_not_covered_by_a_waiver_that_has_expired_since() {
    let folder = demo().await;
    let at = folder.path();
    let mut snapshot: Value = serde_json::from_slice(&fs::read(at.join("demo.json")).unwrap()).unwrap();
    snapshot["taken_at"] = format!("{}T12:00:00Z", day(-30)).into();
    fs::write(at.join("demo.json"), snapshot.to_string()).unwrap();
    let states = |days| {
        write(at, &[waiver("aws-s3-tls-only", "*", "", days)]);
        let (code, report) = json(at, &["report", "--framework", "cis-5.0", "--control", "2.1.1"]);
        (code, report["frameworks"][0]["controls"][0]["state"].clone())
    };
    assert_eq!(states(10), (0, "waived".into()));
    assert_eq!(states(-5), (10, "fail".into()));
}
