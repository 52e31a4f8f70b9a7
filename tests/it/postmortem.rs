//! `plimsoll postmortem` on a ledger with a story: a change, its detection, a freeze, the repair.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use plimsoll::config::Config;
use plimsoll::ledger::{FailedScan, Ledger};
use plimsoll::scan::{self, Terms};
use plimsoll::simulator::{Simulator, attack};

use crate::estate::{INTERVAL, account, collect, folder, judge, limits, program, run, serve, small, time};

const CONFIGURATION: &str = "\
slos:
  - {name: critical-open, indicator: {type: open_time, severity: critical, rules: [aws-s3-not-public]}, budget: 20m}
  - {name: buckets, indicator: {type: compliance, services: [s3], rules: [aws-s3-not-public]}, target: 0.9, tiers: {enabled: []}}
  - {name: fixed-fast, indicator: {type: remediation, rules: [aws-s3-not-public], within: 10m}, target: 0.5, tiers: {enabled: []}}
budget_policy: {minimum_history: 1h, minimum_coverage: 0.5}
";

/// One scan a minute after the quarter of an hour, a minute long.
async fn scan(simulator: &Simulator, ledger: &Ledger, config: &Config, number: i32) {
    let at = time(number) + SignedDuration::from_mins(1);
    let accounts = [account(simulator, &simulator.access_key(), limits())];
    let collected = collect(&accounts, at).await.unwrap();
    let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let (slos, policy) = (config.slos(), config.budget_policy.policy());
    let terms = Terms { slos: &slos, policy: &policy, ..Terms::without_objectives(INTERVAL) };
    let clock = move || at + SignedDuration::from_mins(1);
    scan::conclude(ledger, &writer, judge(), collected, terms, &clock).await.unwrap().objectives.unwrap();
    writer.release().await;
}

/// Six quiet scans, an attack that the seventh sees, a scan that fails, and the repair.
async fn story(folder: &Path) {
    let config = Config::parse(CONFIGURATION, Path::new("plimsoll.yaml")).unwrap();
    let ledger = Ledger::open(&folder.join("ledger.db")).await.unwrap();
    let mut estate = small();
    // What is public already would use the budget up before the story begins.
    estate.first_mut().unwrap().buckets.retain(|bucket| bucket.name.ends_with("customer-exports"));
    let simulator = serve(estate).await;
    for number in 0..6 {
        scan(&simulator, &ledger, &config, number).await;
    }
    let healthy = simulator.look(|estate| estate.accounts.clone());
    simulator.change(attack);
    scan(&simulator, &ledger, &config, 6).await;
    scan(&simulator, &ledger, &config, 7).await;
    let writer = ledger.writer("a test", Duration::from_secs(10)).await.unwrap();
    let failed = FailedScan {
        started: time(8),
        finished: time(8) + SignedDuration::from_secs(30),
        reason: "connect".to_owned(),
        message: "no account could be entered: `AccessDenied` | twice".to_owned(),
    };
    writer.record_failure(&failed).await.unwrap();
    writer.release().await;
    scan(&simulator, &ledger, &config, 9).await;
    simulator.change(|estate| estate.accounts = healthy);
    scan(&simulator, &ledger, &config, 10).await;
    ledger.close().await;
    simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_told_in_its_order_and_names_nobody() {
    let (folder, _) = folder();
    let at = folder.path();
    std::fs::write(at.join("plimsoll.yaml"), CONFIGURATION).unwrap();
    story(at).await;
    let between = ["--since", "2026-11-22T13:20Z", "--until", "2026-11-22T14:45Z", "--ledger", "ledger.db"];
    let ended = run(&mut program(at), &[["postmortem"].as_slice(), &between].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let text = ended.stdout;
    if let Some(path) = std::env::var_os("PLIMSOLL_LOOK") {
        std::fs::write(path, &text).unwrap();
    }

    let place = |wanted: &str| {
        let place = text.find(wanted);
        assert!(place.is_some(), "{wanted:?} is not in:\n{text}");
        place.unwrap()
    };
    let order = [
        "# Postmortem (draft): 2026-11-22 13:20 UTC to 2026-11-22 14:45 UTC",
        "| Length | 1 h 25 min |",
        "## Summary",
        "## Impact",
        "| critical-open | ",
        "## Timeline",
        "| 2026-11-22 13:31:00 | change seen: widened `/configuration/policy",
        "| 2026-11-22 13:31:00 | detected: `aws-s3-not-public` (critical, by configuration) | `arn:aws:s3:::",
        "budget policy: freeze begins: ",
        "| 2026-11-22 14:00:30 | scan without verdict: `no account could be entered: 'AccessDenied' \\| twice` |",
        "| 2026-11-22 14:31:00 | fixed: `aws-s3-not-public`, open for 1 h |",
        "## Detection",
        "## Why the SLI moved",
        "## Contributing causes",
        "## Action items",
    ];
    let places: Vec<usize> = order.iter().map(|wanted| place(wanted)).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains("at most 15 min"), "how long detection took at most:\n{text}");
    assert!(text.contains("| critical-open | 1.00 finding-hours open | 300.00 % | -200.00 % |"), "{text}");
    assert!(text.contains("| fixed-fast | 1 of 1 findings late |"), "{text}");
    let causes = text.lines().find(|line| line.starts_with("| configuration |")).unwrap();
    assert!(causes.contains("| -") && causes.contains("| +"), "it fell and rose by configuration: {causes}");
    assert!(!text.contains("opened on 0") && text.contains("1 scan gave no verdict."), "{text}");

    // The same ledger gives the same bytes, and a draft that is there stays.
    let into = [["postmortem"].as_slice(), &between, &["--into", "draft.md"]].concat();
    assert_eq!(run(&mut program(at), &into).code, 0);
    assert_eq!(std::fs::read_to_string(at.join("draft.md")).unwrap(), text);
    let again = run(&mut program(at), &into);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("cannot write draft.md"), "{}", again.stderr);

    // A time in which nothing happened, and times that are none.
    let quiet = ["postmortem", "--since", "2026-11-22T12:20Z", "--until", "2026-11-22T13:10Z", "--ledger", "ledger.db"];
    let quiet = run(&mut program(at), &quiet).stdout;
    assert!(
        quiet.contains("No finding opened.") && quiet.contains("| critical-open | 0.00 finding-hours open"),
        "{quiet}"
    );
    let before = ["postmortem", "--since", "2026-11-20", "--until", "2026-11-21", "--ledger", "ledger.db"];
    let before = run(&mut program(at), &before).stdout;
    assert!(before.contains("There are no two scans") && before.contains("| buckets | not measured"), "{before}");
    for wrong in [["--since", "2099-01-01"].as_slice(), &["--since", "1h", "--format", "json"], &[]] {
        assert_eq!(
            run(&mut program(at), &[["postmortem", "--ledger", "ledger.db"].as_slice(), wrong].concat()).code,
            2
        );
    }
}
