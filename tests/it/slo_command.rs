//! `plimsoll slo`: the objectives, and whether their alerts can do their work.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::estate::{Ended, folder, program, run};

const SUCCESS: i32 = 0;
const USAGE: i32 = 2;

const OBJECTIVES: &str = "\
slos:
  - {name: resources-high, indicator: {type: compliance, severity: high, services: [s3]}, target: 0.995}
  - {name: critical-open, indicator: {type: open_time, severity: critical}, budget: 60h}
  - {name: fixed, indicator: {type: remediation, within: 7d}, target: 0.95, tiers: {disabled: [long]}}
";

#[track_caller]
fn ended(folder: &Path, config: &str, arguments: &[&str], code: i32) -> Ended {
    fs::write(folder.join("plimsoll.yaml"), config).unwrap();
    let ended = run(&mut program(folder), &[&["slo"], arguments].concat());
    assert_eq!(ended.code, code, "{arguments:?}: {}\n{}", ended.stdout, ended.stderr);
    ended
}

fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

fn lines(ended: &Ended) -> Vec<String> {
    let lines = ended.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_list_says_what_is_promised() {
    let (folder, _) = folder();
    assert_eq!(
        lines(&ended(folder.path(), OBJECTIVES, &["list"], SUCCESS)),
        [
            "name measures of promise window tiers",
            "resources-high compliance high or worse, s3 at least 99.5 % 28d fast medium slow long",
            "critical-open open_time critical or worse at most 2d12h open 28d fast medium slow long",
            "fixed remediation everything at least 95 % within 7d 28d medium slow",
        ]
    );
    let told = document(&ended(folder.path(), OBJECTIVES, &["list", "--format", "json"], SUCCESS));
    assert_eq!((&told["format"], &told["report"]), (&json!(1), &json!("slos")));
    assert_eq!(told["objectives"][1]["budget_seconds"], json!(216_000.0));
    assert_eq!(told["objectives"][2]["tiers"], json!(["medium", "slow"]));
    let none = lines(&ended(folder.path(), "", &["list"], SUCCESS));
    assert_eq!(none, ["no objectives; declare them under slos in the configuration"]);
}

#[test]
fn a_check_shows_each_tier_with_its_arithmetic() {
    let (folder, _) = folder();
    assert_eq!(
        lines(&ended(folder.path(), OBJECTIVES, &["check"], SUCCESS)),
        [
            "resources-high compliance of high or worse, s3 over 28d: at least 99.5 %",
            "tier alert windows factor fires above after",
            "fast page 1h and 5m 13.440 6.72 % bad 4m2s fires",
            "medium page 6h and 30m 5.600 2.80 % bad 10m5s fires",
            "slow ticket 1d and 2h 2.800 1.40 % bad 20m10s fires",
            "long ticket 3d and 6h 0.933 0.47 % bad 20m10s fires",
            "critical-open open_time of critical or worse over 28d: at most 2d12h open",
            "tier alert windows factor fires above after",
            "fast page 1h and 5m 13.440 1.20 open (2 findings) 36m hard to reach",
            "medium page 6h and 30m 5.600 0.50 open (1 finding) 3h fires",
            "slow ticket 1d and 2h 2.800 0.25 open (1 finding) 6h fires",
            "long ticket 3d and 6h 0.933 0.08 open (1 finding) 6h fires",
            "fast: 13.44 × 2d12h / 28d = 1.2: 2 findings must be open at once; one alone does not fire it, though it \
             uses up the",
            "budget in 2d12h",
            "fixed remediation of everything over 28d: at least 95 % within 7d",
            "tier alert windows factor fires above after",
            "fast page 1h and 5m 13.440 67.20 % bad 40m19s too fast",
            "medium page 6h and 30m 5.600 28.00 % bad 1h40m48s fires",
            "slow ticket 1d and 2h 2.800 14.00 % bad 3h21m36s fires",
            "long ticket 3d and 6h 0.933 4.67 % bad 3h21m36s disabled",
            "fast: its window of 5m is shorter than 2 × 15m between scans = 30m, and the counters move only when a \
             scan ends",
            "3 objectives with a scan every 15m: all can be watched",
        ]
    );
}

#[test]
fn another_cadence_can_be_tried() {
    let (folder, _) = folder();
    let verdicts = |arguments: &[&str]| {
        let all = [&["check", "--format", "json"], arguments].concat();
        let told = document(&ended(folder.path(), OBJECTIVES, &all, SUCCESS));
        assert_eq!(told["report"], "slo_check");
        let tiers = told["objectives"][0]["tiers"].as_array().unwrap().clone();
        tiers.iter().map(|tier| tier["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&[]), ["fires", "fires", "fires", "fires"]);
    assert_eq!(verdicts(&["--one-shot"]), ["too_fast", "fires", "fires", "fires"]);
    assert_eq!(verdicts(&["--interval", "1h"]), ["too_fast", "fires", "fires", "fires"]);
    assert_eq!(verdicts(&["--interval", "1d"]), ["too_fast"; 4]);
    let wrong = ended(folder.path(), OBJECTIVES, &["check", "--interval", "soon"], USAGE);
    assert!(wrong.stderr.contains("--interval: \"soon\" is not a time between scans"), "{}", wrong.stderr);
}

#[test]
fn what_must_be_changed_exits_with_2() {
    let (folder, _) = folder();
    let never = "slos: [{name: a, indicator: {type: compliance}, target: 0.9}]\n";
    let told = ended(folder.path(), never, &["check"], USAGE);
    assert!(told.stderr.contains("the fast tier can never fire: 13.44 × (1 − 0.9) = 1.344"), "{}", told.stderr);
    let asked = "slos: [{name: a, indicator: {type: compliance}, target: 0.99, tiers: {enabled: [fast]}}]\n";
    ended(folder.path(), asked, &["check"], SUCCESS);
    let told = document(&ended(folder.path(), asked, &["check", "--interval", "1h", "--format", "json"], USAGE));
    assert_eq!(told["objectives"][0]["tiers"][0]["fault"], true);
    assert_eq!((&told["ok"], &told["objectives"][0]["ok"]), (&json!(false), &json!(false)));
    let nothing = "slos: [{name: a, indicator: {type: compliance, rules: [aws-dynamodb-*]}, target: 0.99}]\n";
    let told = ended(folder.path(), nothing, &["check"], USAGE);
    assert!(told.stdout.contains("no rule that judges is in its scope"), "{}", told.stdout);
    assert!(told.stdout.contains("1 objective with a scan every 15m: 1 to be changed"), "{}", told.stdout);
}

#[test]
fn a_ledger_is_not_pruned_below_the_window_of_an_objective() {
    let (folder, _) = folder();
    fs::write(folder.path().join("plimsoll.yaml"), OBJECTIVES).unwrap();
    for keep in ["7d", "28d"] {
        let refused = run(&mut program(folder.path()), &["ledger", "prune", "--keep", keep]);
        assert_eq!(refused.code, USAGE, "{}", refused.stderr);
        for text in ["--keep: objective ", " needs to know more than 28d", "longest window of the objectives"] {
            assert!(refused.stderr.contains(text), "{text:?} is not in {}", refused.stderr);
        }
    }
    let missing = run(&mut program(folder.path()), &["ledger", "prune", "--keep", "29d"]);
    assert!(missing.stderr.contains("there is no ledger"), "{}", missing.stderr);
}
