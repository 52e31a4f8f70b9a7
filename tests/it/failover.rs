//! Failover paths from end to end: declared in the configuration, found broken by a scan of the
//! simulated account, fixed as the finding says, broken again by a change that says so.

use std::path::Path;

use jiff::Timestamp;
use plimsoll::config::Config;
use plimsoll::ledger::Ledger;
use plimsoll::model::{Facts, FailoverFacts, Resolution, ResourceType, Rule, Verdict};
use plimsoll::scan::{self, Outcome, Terms};
use plimsoll::simulator::{DEMO_CONFIGURATION, Estate, Simulator};
use serde_json::{Value, json};

use crate::estate::{
    INTERVAL, account, collect, demo, folder, judge, limits, program, program_on, run, run_beside, serve, time,
};

const RULE: &str = "plimsoll-failover-path-works";

async fn scan_with(simulator: &Simulator, ledger: &Path, configuration: &str, at: Timestamp) -> Outcome {
    let config = Config::parse(configuration, Path::new("plimsoll.yaml")).unwrap();
    let account = account(simulator, &simulator.access_key(), limits());
    let mut collected = collect(&[account], at).await.unwrap();
    collected.declare(config.failover_paths());
    let ledger = Ledger::open(ledger).await.unwrap();
    let writer = ledger.writer("a test", std::time::Duration::from_secs(10)).await.unwrap();
    let clock = move || at;
    let outcome = scan::conclude(&ledger, &writer, judge(), collected, Terms::without_objectives(INTERVAL), &clock)
        .await
        .unwrap();
    drop(writer);
    ledger.close().await;
    outcome
}

#[expect(clippy::panic, reason = "anything else is a failed test")]
fn facts(outcome: &Outcome) -> &FailoverFacts {
    let path = outcome.snapshot.resources.iter().find(|one| one.resource_type == ResourceType::FailoverPath).unwrap();
    match &path.facts {
        Some(Facts::FailoverPath(facts)) => facts,
        other => panic!("{other:?}"),
    }
}

fn verdict(outcome: &Outcome) -> &Verdict {
    &outcome.evaluations.iter().find(|one| one.rule.as_str() == RULE).unwrap().verdict
}

/// Makes the changes that a finding names in the simulated account, as a person would.
fn apply_fixes(estate: &mut Estate, facts: &FailoverFacts) {
    let blocked = facts.blocked.value.as_ref().unwrap();
    for fix in blocked.iter().flat_map(|blocked| &blocked.fix) {
        let (role, place) = fix.policy.split_once('#').unwrap();
        assert_eq!((place, fix.change.as_str()), ("/configuration/assume_role_policy", "add a statement"));
        let statement: Value = serde_json::from_str(&fix.statement).unwrap();
        trust(estate, role).as_array_mut().unwrap().push(statement);
    }
}

fn trust<'e>(estate: &'e mut Estate, role: &str) -> &'e mut Value {
    let roles = &mut estate.first_mut().unwrap().roles;
    let role = roles.iter_mut().find(|one| role.ends_with(&one.name)).unwrap();
    &mut role.trust["Statement"]
}

#[tokio::test]
async fn a_scan_finds_the_broken_path_and_its_fix_makes_it_pass_until_a_change_breaks_it() {
    let (_folder, ledger) = folder();
    let simulator = serve(demo()).await;
    let first = scan_with(&simulator, &ledger, DEMO_CONFIGURATION, time(0)).await;
    let Verdict::Fail { denials, .. } = verdict(&first) else { panic!("{:?}", verdict(&first)) };
    assert_eq!(denials.len(), 1, "{denials:#?}");
    for text in ["hop 1: sts:AssumeRoleWithWebIdentity", "trust policy", "in the degraded region it would", "fix: in "]
    {
        assert!(denials[0].message.contains(text), "{text:?} is not in {}", denials[0].message);
    }

    simulator.change(|estate| apply_fixes(estate, facts(&first)));
    let second = scan_with(&simulator, &ledger, DEMO_CONFIGURATION, time(1)).await;
    assert_eq!(verdict(&second), &Verdict::Pass, "{:?}", facts(&second));
    assert_eq!(second.changes.iter().flat_map(|change| &change.breaks).count(), 0);
    let ended = second.findings.iter().find(|finding| finding.rule.as_str() == RULE).unwrap();
    assert_eq!(ended.resolved.as_ref().unwrap().how, Resolution::Fixed);
    let again = |rule: &&Rule| {
        rule.resource_types.iter().any(|of| matches!(of, ResourceType::Role | ResourceType::FailoverPath))
    };
    let again = u64::try_from(judge().rules().iter().filter(again).count()).unwrap();
    assert_eq!(second.work.judged, again, "only the role and the path are judged again");

    simulator.change(|estate| {
        trust(estate, "ledger-keeper")[0]["Action"] = json!("sts:AssumeRole");
        trust(estate, "orders-api")[0]["Sid"] = json!("Tasks");
    });
    let third = scan_with(&simulator, &ledger, DEMO_CONFIGURATION, time(2)).await;
    assert!(matches!(verdict(&third), Verdict::Fail { .. }));
    let breaking: Vec<(&str, &[String])> =
        third.changes.iter().map(|change| (change.name.as_str(), change.breaks.as_slice())).collect();
    let keeper = breaking.iter().find(|(name, _)| *name == "ledger-keeper").unwrap();
    assert_eq!(keeper.1, ["payments-us"]);
    assert_eq!(breaking.iter().filter(|(_, breaks)| !breaks.is_empty()).count(), 1, "{breaking:?}");
}

#[tokio::test]
async fn what_does_not_touch_a_path_is_taken_over_and_a_path_no_more_declared_is_gone() {
    let (_folder, ledger) = folder();
    let simulator = serve(demo()).await;
    let first = scan_with(&simulator, &ledger, DEMO_CONFIGURATION, time(0)).await;
    let second = scan_with(&simulator, &ledger, DEMO_CONFIGURATION, time(1)).await;
    assert_eq!((second.work.judged, second.changes.len()), (0, 0));
    assert_eq!(facts(&second), facts(&first));
    let third = scan_with(&simulator, &ledger, "", time(2)).await;
    let ended = third.findings.iter().find(|finding| finding.rule.as_str() == RULE).unwrap();
    assert_eq!(ended.resolved.as_ref().unwrap().how, Resolution::Deleted);
    assert_eq!(third.assessment.overall.resources.total() + 1, second.assessment.overall.resources.total());
}

#[tokio::test(flavor = "multi_thread")]
async fn plimsoll_scan_prints_the_fix_and_drift_says_what_broke() {
    let (folder, _) = folder();
    let simulator = serve(demo()).await;
    std::fs::write(folder.path().join("plimsoll.yaml"), DEMO_CONFIGURATION).unwrap();
    let scan = &["scan", "--region", "eu-central-1,us-east-1"];
    let ended = run_beside(program_on(&simulator, folder.path()), scan).await;
    assert_eq!(ended.code, 10, "{}", ended.stderr);
    let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in
        [RULE, "hop 1: sts:AssumeRoleWithWebIdentity on arn:aws:iam::111122223333:role/cluster/payments-pod", "fix: in"]
    {
        assert!(said.contains(text), "{text:?} is not in: {}", ended.stdout);
    }
    simulator.change(|estate| trust(estate, "ledger-keeper")[0]["Action"] = json!("sts:AssumeRole"));
    run_beside(program_on(&simulator, folder.path()), scan).await;
    let drift = run(&mut program(folder.path()), &["drift"]);
    assert!(drift.stdout.contains("breaks failover path payments-us"), "{}", drift.stdout);
}

#[tokio::test]
async fn a_bad_declaration_is_a_fault_of_usage_with_its_place() {
    let (folder, _) = folder();
    let configuration = DEMO_CONFIGURATION.replace("region: us-east-1\n", "region: eu-central-1\n");
    std::fs::write(folder.path().join("plimsoll.yaml"), configuration).unwrap();
    let ended = run(&mut program(folder.path()), &["config", "check"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("failover[0].region: the path leads into eu-central-1"), "{}", ended.stderr);
}
