//! Types that are read only while a rule judges them: what becomes of them when none does any more.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use plimsoll::config::Config;
use plimsoll::ledger::Ledger;
use plimsoll::model::{Resolution, ResourceType};
use plimsoll::scan::{self, Judge, Outcome, Terms};
use plimsoll::simulator::Simulator;
use plimsoll::source::aws::{Organization, Scope};

use crate::estate::{INTERVAL, account, folder, limits, serve, small, time};

/// The rules of one service, with the one on tags or without.
fn rules(tagged: bool) -> Judge {
    let also = if tagged { ", aws-ec2-tagged" } else { "" };
    let text = format!("rules: {{enabled: [\"aws-vpc-*\"{also}]}}\n");
    Judge::configured(&Config::parse(&text, Path::new("plimsoll.yaml")).unwrap()).unwrap()
}

async fn scan_by(judge: &Judge, simulator: &Simulator, ledger: &Path, at: Timestamp) -> Outcome {
    let accounts = [account(simulator, &simulator.access_key(), limits())];
    let scope = Scope { judged: judge.judged(), organization: Organization::Off, ..Scope::default() };
    let clock = move || at;
    let collected = scan::collect(&accounts, &scope, &|_| {}, &clock).await.unwrap();
    let ledger = Ledger::open(ledger).await.unwrap();
    let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let outcome =
        scan::conclude(&ledger, &writer, judge, collected, Terms::without_objectives(INTERVAL), &clock).await.unwrap();
    drop(writer);
    ledger.close().await;
    outcome
}

fn count(outcome: &Outcome, resource_type: ResourceType) -> usize {
    outcome.snapshot.resources.iter().filter(|resource| resource.resource_type == resource_type).count()
}

#[tokio::test]
async fn a_type_that_no_rule_judges_any_more_is_neither_removed_nor_expected() {
    let (_folder, ledger) = folder();
    let simulator = serve(small()).await;
    let (with, without) = (rules(true), rules(false));
    let seldom = ResourceType::DhcpOptions;

    let first = scan_by(&with, &simulator, &ledger, time(0)).await;
    assert!(count(&first, seldom) > 0);
    let untagged = |outcome: &Outcome| {
        let of = |finding: &&plimsoll::model::Finding| finding.resource.resource_type == seldom;
        outcome.findings.iter().filter(of).cloned().collect::<Vec<_>>()
    };
    assert!(untagged(&first).iter().all(|finding| finding.resolved.is_none()) && !untagged(&first).is_empty());

    let second = scan_by(&without, &simulator, &ledger, time(1)).await;
    assert_eq!(count(&second, seldom), 0);
    assert!(second.snapshot.listings.iter().all(|listing| listing.resource_type != seldom));
    assert_eq!(second.changes, [], "what was not asked for is not gone");
    assert_eq!(second.assessment.overall.ratios().coverage, Some(1.0), "and is not expected");
    let ended: Vec<_> = untagged(&second).iter().map(|finding| finding.resolved.as_ref().unwrap().how).collect();
    assert!(ended.iter().all(|how| *how == Resolution::RuleRemoved) && !ended.is_empty(), "{ended:?}");

    let third = scan_by(&with, &simulator, &ledger, time(2)).await;
    assert_eq!(third.changes, [], "what was there all the time has not come");
    assert_eq!(count(&third, seldom), count(&first, seldom));
}
