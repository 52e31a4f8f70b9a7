//! Why the SLI moved, what a resource was, and one finding in full: `plimsoll explain`, `history` and
//! `findings` on scans of the simulated account.

use std::fs;
use std::path::Path;

use plimsoll::simulator::{Fault, FaultKind, Simulator, attack};
use serde_json::Value;

use crate::estate::{folder, program, program_on, run, run_beside, serve, small};

async fn scan(simulator: &Simulator, folder: &Path) {
    let ended = run_beside(program_on(simulator, folder), &["scan", "--format", "json"]).await;
    assert!([0, 3, 10].contains(&ended.code), "{}", ended.stderr);
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let ended = run(&mut program(folder), &[arguments, &["--format", "json"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The causes that moved the SLI; the parts must sum to the step.
fn causes(report: &Value) -> Vec<String> {
    let parts = report["parts"].as_object().unwrap();
    let sum: f64 = parts.values().map(|part| part.as_f64().unwrap()).sum();
    let step = report["sli"]["to"].as_f64().unwrap() - report["sli"]["from"].as_f64().unwrap();
    assert!((sum - step).abs() < 1e-12, "{report}");
    assert!(report["unrecorded"].as_f64().unwrap().abs() < f64::EPSILON, "{report}");
    parts.iter().filter(|(_, part)| part.as_f64().unwrap().abs() > 0.0).map(|(cause, _)| cause.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_sli_has_its_cause() {
    let (folder, _) = folder();
    let at = folder.path();
    let config = |text: &str| fs::write(at.join("plimsoll.yaml"), text).unwrap();
    let simulator = serve(small()).await;
    config("{}\n");
    scan(&simulator, at).await;
    scan(&simulator, at).await;
    assert_eq!(causes(&json(at, &["explain"])), Vec::<String>::new(), "nothing happened");

    simulator.change(attack);
    scan(&simulator, at).await;
    let report = json(at, &["explain"]);
    assert_eq!(causes(&report), ["configuration"]);
    assert!(report["opened"].as_array().unwrap().iter().all(|opened| opened["cause"] == "configuration"), "{report}");
    assert!(!report["opened"].as_array().unwrap().is_empty());

    simulator
        .change(|estate| estate.first_mut().unwrap().buckets.retain(|bucket| !bucket.name.ends_with("legacy-site")));
    scan(&simulator, at).await;
    let report = json(at, &["explain"]);
    assert_eq!(causes(&report), ["inventory"]);
    assert_eq!(report["resolved"][0]["resolved"]["how"], "deleted");

    config("rules: {disabled: [aws-s3-*]}\n");
    scan(&simulator, at).await;
    assert_eq!(causes(&json(at, &["explain"])), ["rules"]);

    let waivers = "waivers: [{rule: aws-iam-*, resource: '*', reason: a test, owner: web, expires: 2099-01-01}]\n\
                   waiver_policy: {maximum_age: 90000d}\nrules: {disabled: [aws-s3-*]}\n";
    config(waivers);
    scan(&simulator, at).await;
    assert_eq!(causes(&json(at, &["explain"])), ["waivers"]);

    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("ec2", "DescribeSecurityGroups")]);
    scan(&simulator, at).await;
    assert_eq!(causes(&json(at, &["explain"])), ["coverage"]);

    // Over all of them every cause has its part, and over none there is none.
    let all = json(at, &["explain", "1"]);
    assert_eq!(causes(&all), ["configuration", "coverage", "inventory", "rules", "waivers"]);
    assert_eq!(all["scans"], 6);
    assert_eq!(causes(&json(at, &["explain", "3", "3"])), Vec::<String>::new());
    let table = run(&mut program(at), &["explain", "1"]).stdout;
    assert!(table.contains("findings opened by configuration"), "{table}");
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_shown_with_the_change_that_caused_it() {
    let (folder, _) = folder();
    let at = folder.path();
    let simulator = serve(small()).await;
    scan(&simulator, at).await;
    let healthy = simulator.look(|estate| estate.accounts[0].buckets.clone());
    simulator.change(attack);
    scan(&simulator, at).await;
    let opened = json(at, &["explain"]);
    let of_bucket = |one: &&Value| one["finding"]["rule"] == "aws-s3-not-public";
    let id = opened["opened"].as_array().unwrap().iter().find(of_bucket).unwrap()["finding"]["id"].as_str().unwrap();

    let shown = &json(at, &["findings", "show", &id[..8]])["finding"];
    assert_eq!(shown["openings"][0]["cause"], "configuration");
    let change = &shown["openings"][0]["opened_by"][0];
    assert_eq!((&change["direction"], &change["kind"]), (&"widened".into(), &"changed".into()));
    assert_eq!(shown["evidence"][0]["path"], "/configuration/policy/Statement/0");
    assert_eq!(shown["evidence"][0]["value"]["Effect"], "Allow");
    assert_eq!(shown["rule"]["id"], "aws-s3-not-public");
    assert_eq!(shown["versions"], 2);

    for (digits, problem) in [(&id[..3], "is too short"), ("0000_", "no finding begins with"), ("%%%%", "no finding")] {
        let refused = run(&mut program(at), &["findings", "show", digits]);
        assert!(refused.stderr.contains(problem), "{digits}: {}", refused.stderr);
    }

    // Repaired, it tells how it ended; broken again, it is the same finding.
    simulator.change(|estate| estate.first_mut().unwrap().buckets = healthy);
    scan(&simulator, at).await;
    let resolved = &json(at, &["findings", "show", id])["finding"];
    assert_eq!(resolved["openings"][0]["resolved"]["how"], "fixed");
    assert_eq!(resolved["openings"][0]["resolved_by"][0]["direction"], "narrowed");
    simulator.change(attack);
    scan(&simulator, at).await;
    let again = json(at, &["findings", "show", id]);
    assert_eq!(again["finding"]["openings"].as_array().unwrap().len(), 2);
    let table = run(&mut program(at), &["findings", "show", id]).stdout;
    for wanted in ["What offends", "What happened", "What to do", "opened, by what is configured", "fixed after"] {
        assert!(table.contains(wanted), "{wanted:?} is not in:\n{table}");
    }

    let arn = again["finding"]["openings"][0]["resource"]["id"].as_str().unwrap();
    let history = &json(at, &["history", arn])["history"];
    let versions = history["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 4);
    assert!(versions[0]["to"].is_null() && versions[3]["changes"].as_array().unwrap().is_empty());
    assert_eq!(versions[1]["changes"][0]["direction"], "narrowed");
    let policy = |difference: &Value| difference["path"].as_str().unwrap().starts_with("/configuration/policy");
    assert!(versions[1]["differences"].as_array().unwrap().iter().any(policy), "{versions:?}");
    assert!(history["findings"].as_array().unwrap().iter().any(|finding| finding["id"] == *id));
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_chosen_sorted_and_cut() {
    let (folder, _) = folder();
    let at = folder.path();
    let simulator = serve(small()).await;
    scan(&simulator, at).await;
    simulator.change(attack);
    scan(&simulator, at).await;
    let listed = |arguments: &[&str]| {
        let report = json(at, &[&["findings"], arguments].concat());
        report["findings"].as_array().unwrap().clone()
    };
    let all = listed(&[]);
    let latest = listed(&["--sort", "latest"]);
    assert_eq!(latest.len(), all.len());
    let seen = |finding: &Value| finding["first_seen"].as_str().unwrap().to_owned();
    assert!(latest.is_sorted_by(|a, b| seen(a) >= seen(b)));
    assert!(listed(&["--sort", "oldest"]).is_sorted_by(|a, b| seen(a) <= seen(b)));
    assert_eq!(listed(&["--sort", "latest", "--limit", "2"]), latest[..2]);
    let of_s3 = listed(&["--service", "s3"]);
    assert!(!of_s3.is_empty() && of_s3.iter().all(|one| one["rule"].as_str().unwrap().starts_with("aws-s3")));
    assert_eq!(listed(&["--resolved"]).len(), 0);
    assert_eq!(listed(&["--since", "1h"]).len(), all.len());
    assert_eq!(listed(&["--account", "999999999999"]).len(), 0);
    simulator.stop().await;
}

#[test]
fn what_cannot_be_understood_is_said_with_the_next_step() {
    let (folder, _) = folder();
    let wrong = |arguments: &[&str]| run(&mut program(folder.path()), arguments);
    let ended = wrong(&["explain"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("there is no ledger"), "{}", ended.stderr);
    let ended = wrong(&["findings", "--since", "yesterday"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("neither a length of time nor a moment"), "{}", ended.stderr);
}
