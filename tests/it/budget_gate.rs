//! `plimsoll gate` with the budget policy, and `plimsoll budget`, as a person or a pipeline meets them.

use std::path::Path;

use jiff::SignedDuration;
use plimsoll::budgets::settle;
use serde_json::{Value, json};

use crate::budget_lab::{Past, config, configuration};
use crate::estate::{folder, program, run};
use crate::ledger_postgres::Home;

fn plan(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("terraform-fixtures").join(name).join("plan.json");
    file.to_str().unwrap().to_owned()
}

/// What is said, without the breaks of lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_stage_of_the_budget_is_the_answer() {
    for (high, code, outcome, left) in
        [(0, 0, "allowed", 1.0), (30, 0, "warned", 0.4), (45, 12, "approval_required", 0.1), (60, 13, "frozen", -0.2)]
    {
        let past = Past::failing(high, "").await;
        let (ended, answer) = past.json(&["gate"]);
        assert_eq!(
            (ended, &answer["outcome"], &answer["exit_code"]),
            (code, &json!(outcome), &json!(code)),
            "{answer}"
        );
        let objective = &answer["budget"]["objectives"][0];
        let remaining = objective["remaining"].as_f64().unwrap();
        assert!((remaining - left).abs() < 1e-6, "{remaining}");
        assert_eq!((&objective["slo"], &objective["outcome"]), (&json!("resources-high"), &json!(outcome)));
        let table = past.ask(&["gate"]);
        let told = words(&table.stdout);
        assert!(told.starts_with(&outcome.replace('_', " ").to_uppercase()), "{told}");
        assert!(
            told.contains(&format!("exit code {code}: ")) && told.contains(&format!("{:.1} %", left * 100.0)),
            "{told}"
        );
        let decisions = past.json(&["budget", "decisions"]).1;
        assert_eq!(decisions["decisions"].as_array().map(Vec::len), Some(2), "each answer is recorded");
        assert_eq!(decisions["decisions"][0]["outcome"], outcome);
        let other = past.ask(&["gate", "--output", "sarif"]);
        assert!(other.code == 2 && other.stderr.contains("there is no plan"), "{}", other.stderr);
    }
}

#[tokio::test]
async fn without_evidence_a_person_must_approve() {
    let (folder, ledger) = folder();
    let ask = |more: &[&str]| {
        let ended = run(&mut program(folder.path()), &[&["gate", "--format", "json"], more].concat());
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((ended.code, &answer["outcome"]), (12, &json!("approval_required")), "{answer}");
        answer["budget"]["because"].to_string()
    };
    assert!(ask(&[]).contains("no objective decides"));
    assert!(ask(&["--approved-by", "ada"]).contains("could not be recorded"), "nothing goes ahead without a trace");
    std::fs::write(folder.path().join("plimsoll.yaml"), configuration("")).unwrap();
    assert!(ask(&[]).contains("there is no ledger"));
    assert!(!ledger.exists(), "asking begins none");
    assert!(ask(&["--approved-by", "ada"]).contains("could not be recorded"));
    std::fs::write(&ledger, "this is no database, and has a few hundred bytes\n".repeat(20)).unwrap();
    assert!(ask(&[]).contains("is not a ledger"));
    std::fs::remove_file(&ledger).unwrap();
    std::fs::create_dir(&ledger).unwrap();
    ask(&[]);
    assert!(ask(&["--ledger", "postgres://nobody@127.0.0.1:1/none"]).contains("no budget is known: "));
}

#[tokio::test]
async fn a_scan_that_is_too_old_or_measured_nothing_is_no_permission() {
    let old = Past::of(Home::file(), 0, SignedDuration::from_hours(3), "").await;
    let (code, answer) = old.json(&["gate"]);
    assert_eq!(code, 12, "{answer}");
    assert!(answer.to_string().contains("the last scan is too old"), "{answer}");
    let other = Past::failing(0, "").await;
    let text = configuration("").replace("severity: high", "severity: medium");
    std::fs::write(other.folder.path().join("plimsoll.yaml"), text).unwrap();
    let (code, answer) = other.json(&["gate"]);
    assert_eq!(code, 12, "{answer}");
    assert!(answer.to_string().contains("nothing was measured"), "{answer}");
    assert!(answer["notes"].to_string().contains("run plimsoll scan"), "{answer}");
    let short = Past::failing(0, "").await;
    let text = configuration("").replace("minimum_history: 1h", "minimum_history: 2d");
    std::fs::write(short.folder.path().join("plimsoll.yaml"), text).unwrap();
    let (code, answer) = short.json(&["gate"]);
    assert!(code == 12 && answer.to_string().contains("measured for 1h"), "{answer}");
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_go_ahead() {
    let past = Past::failing(0, "").await;
    assert_eq!(past.ask(&["gate"]).code, 0);
    past.lab.home.tamper("DROP TABLE decision_counts").await;
    let (code, answer) = past.json(&["gate"]);
    assert_eq!((code, &answer["outcome"]), (12, &json!("approval_required")), "{answer}");
    let because = answer["budget"]["because"][0]["text"].as_str().unwrap();
    assert!(because.starts_with("the answer, allowed, could not be recorded: "), "{because}");
    assert_eq!(past.ask(&["gate", "--approved-by", "ada"]).code, 12);
}

#[tokio::test]
async fn an_approval_is_recorded_and_lifts_no_freeze() {
    let past = Past::failing(45, "").await;
    let (code, answer) = past.json(&["gate", "--approved-by", "ada", "--approved-by", "bob"]);
    assert_eq!((code, &answer["outcome"]), (0, &json!("warned")), "{answer}");
    assert_eq!(answer["budget"]["approved_by"], json!(["ada", "bob"]));
    assert_eq!(answer["budget"]["because"][0]["text"], "approved by ada, bob");
    assert!(answer.to_string().contains("require_approval since"), "what was approved is still told: {answer}");
    let decisions = past.json(&["budget", "decisions"]).1;
    assert_eq!(decisions["decisions"][0]["decision"]["approved_by"], json!(["ada", "bob"]));
    assert_eq!(decisions["decisions"][0]["reason"], "approval");
    assert_eq!(past.ask(&["gate", "--approved-by", " "]).code, 2);

    let frozen = Past::failing(60, "").await;
    let (code, answer) = frozen.json(&["gate", "--approved-by", "ada"]);
    assert_eq!(code, 13, "{answer}");
    assert!(answer.to_string().contains("does not lift a freeze"), "{answer}");
}

const TERMS: [&str; 10] =
    ["--approver", "ada", "--approver", "bob", "--ticket", "INC-1", "--reason", "the site is down", "--for", "2h"];

#[tokio::test]
async fn break_glass_sets_a_freeze_aside_until_it_ends() {
    let past = Past::failing(60, "").await;
    let faults = past.ask(&["budget", "override", "--approver", "ada", "--approver", "ADA ", "--for", "9h"]);
    assert_eq!(faults.code, 2);
    for fault in [
        "1 of 2 people agreed",
        "there is no reason",
        "there is no ticket",
        "it is for longer than 4h",
        "help: ",
        "--ticket",
    ] {
        assert!(faults.stderr.contains(fault), "{fault:?} is not in {}", faults.stderr);
    }
    let soon = past.ask(&["budget", "override", "--for", "soon"]);
    assert!(soon.code == 2 && soon.stderr.contains("not a length of time") && !soon.stderr.contains("longer than"));
    assert_eq!(past.ask(&["gate"]).code, 13, "nothing was set aside");

    let (code, granted) = past.json(&[&["budget", "override"], TERMS.as_slice()].concat());
    assert_eq!((code, &granted["override"]["approvers"]), (0, &json!(["ada", "bob"])), "{granted}");
    let (code, answer) = past.json(&["gate"]);
    assert_eq!((code, &answer["outcome"]), (0, &json!("override")), "{answer}");
    let because = answer["budget"]["because"].to_string();
    assert!(because.contains("the site is down (INC-1)") && because.contains("freeze since"), "{because}");
    let listed = past.ask(&["budget", "transitions"]);
    assert!(listed.stdout.contains("override by ada, bob until"), "{}", listed.stdout);
    let decisions = past.json(&["budget", "decisions"]).1;
    assert_eq!(decisions["decisions"][0]["reason"], "break_glass");

    // Terms that became stricter since do not hold for what was agreed before.
    past.configure("  break_glass: {approvers: 3}\n");
    let (code, answer) = past.json(&["gate"]);
    assert_eq!(code, 13, "{answer}");
    assert!(answer["notes"].to_string().contains("2 of 3 people agreed"), "{answer}");
    past.configure("");
    past.lab.home.tamper("UPDATE overrides SET ends_at = begins_at + 1").await;
    assert_eq!(past.ask(&["gate"]).code, 13, "it has ended");
}

#[tokio::test]
async fn an_exception_of_the_configuration_holds_until_its_last_day() {
    let past = Past::failing(60, "").await;
    let exception = |day: &str| {
        format!(
            "  exceptions:\n    - {{name: move, objectives: ['*'], owner: web, reason: moving house, expires: {day}}}\n"
        )
    };
    past.configure(&exception("2999-12-31"));
    let (code, answer) = past.json(&["gate"]);
    assert_eq!((code, &answer["outcome"]), (0, &json!("warned")), "{answer}");
    assert!(answer.to_string().contains("exception move of web until 2999-12-31: moving house"), "{answer}");
    past.configure(&exception("2020-12-31"));
    assert_eq!(past.ask(&["gate"]).code, 13);
}

#[tokio::test]
async fn a_review_is_asked_for_and_done() {
    let past = Past::failing(0, "").await;
    let nothing = past.ask(&["budget", "review", "resources-high", "fast: require_approval", "--by", "ada"]);
    assert!(nothing.code == 2 && nothing.stderr.contains("no review is due"), "{}", nothing.stderr);
    let due = r#"{"stages":{},"triggers":{},"reviews":{"fast: require_approval":"2026-01-01T00:00:00Z"}}"#;
    let insert = format!("INSERT INTO policy_states (slo, at, state) VALUES ('resources-high', 0, '{due}')");
    past.lab.home.tamper(insert.leak()).await;
    let (code, answer) = past.json(&["gate"]);
    assert_eq!((code, &answer["outcome"]), (0, &json!("warned")), "{answer}");
    assert!(answer.to_string().contains("a review was due at 2026-01-01T00:00:00Z"), "{answer}");
    let wrong = past.ask(&["budget", "review", "resources-high", "fast", "--by", "ada"]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("due are: resources-high \"fast: require_approval\""),
        "{}",
        wrong.stderr
    );
    let done =
        past.ask(&["budget", "review", "resources-high", "fast: require_approval", "--by", "ada", "--note", "ok"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(past.json(&["gate"]).1["outcome"], "allowed");
}

#[tokio::test]
async fn a_plan_that_adds_failures_is_charged_and_the_strictest_answer_counts() {
    let adds = plan("public_bucket_by_policy");
    let past = Past::failing(20, "").await;
    let (code, answer) = past.json(&["gate", &adds, "--fail-on", "none"]);
    assert_eq!(
        (code, &answer["outcome"], &answer["rules_outcome"]),
        (0, &json!("warned"), &json!("allowed")),
        "{answer}"
    );
    let charge = &answer["budget"]["charges"][0];
    assert_eq!(answer["budget"]["effect"], "adds_failures");
    assert_eq!(charge["adds"], 1, "{charge}");
    // One of 1,000 resources at a target of 0.95.
    assert!((charge["burn_rate"].as_f64().unwrap() - 0.02).abs() < 1e-9, "{charge}");
    assert!(charge["per_hour"].as_f64().unwrap() > 0.0, "{charge}");
    let table = words(&past.ask(&["gate", &adds, "--fail-on", "none"]).stdout);
    assert!(
        table.contains("the plan adds 1 failing: ") && table.contains("of the remaining budget per hour"),
        "{table}"
    );

    let (code, answer) = past.json(&["gate", &adds]);
    assert_eq!((code, &answer["outcome"], &answer["budget"]["policy"]), (10, &json!("denied"), &json!("warned")));
    let kept = past.json(&["budget", "decisions"]).1["decisions"][0].clone();
    assert_eq!((&kept["outcome"], &kept["reason"]), (&json!("denied"), &json!("rules")));
    assert_eq!(kept["plan"].as_str().map(str::len), Some(64));

    let frozen = Past::failing(60, "").await;
    let (code, answer) = frozen.json(&["gate", &adds]);
    assert_eq!((code, &answer["outcome"], &answer["budget"]["policy"]), (10, &json!("denied"), &json!("frozen")));
    let why = answer["why"].as_str().unwrap();
    assert!(why.ends_with("which counts before what the budget policy says: frozen"), "{why}");
    assert_eq!(frozen.ask(&["gate", &adds, "--fail-on", "none"]).code, 13);
    let clean = plan("private_bucket_defaults");
    assert_eq!(frozen.ask(&["gate", &clean]).code, 13, "a plan that adds nothing is frozen too");
    assert_eq!(past.ask(&["gate", &clean]).code, 0);
    let partial = plan("targeted");
    assert_eq!(past.ask(&["gate", &partial]).code, 3);
    assert_eq!(frozen.ask(&["gate", &partial]).code, 13);
    let override_ = [&["budget", "override"], TERMS.as_slice()].concat();
    assert_eq!(frozen.ask(&override_).code, 0);
    assert_eq!(frozen.ask(&["gate", &clean]).code, 0);
    assert_eq!(frozen.ask(&["gate", &adds]).code, 10, "break-glass does not lift what the rules say");
    assert_eq!(frozen.ask(&["gate", &partial]).code, 3);
    let approval = Past::failing(45, "").await;
    assert_eq!(approval.ask(&["gate", &clean]).code, 12);
    assert_eq!(approval.ask(&["gate", &partial]).code, 12, "approval comes before incomplete");
    assert_eq!(approval.ask(&["gate", &partial, "--approved-by", "ada"]).code, 3);
    assert_eq!(approval.ask(&["gate", &clean, "--approved-by", "ada"]).code, 0);
}

/// A plan that deletes a role which everybody may assume, and does nothing else.
fn reduces(folder: &Path, also: Option<&str>) -> String {
    let mut plan: Value =
        serde_json::from_str(&std::fs::read_to_string(plan("bad_group_fixed_and_bad_role_deleted")).unwrap()).unwrap();
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let group = changes.iter_mut().find(|change| change["address"] == "aws_security_group.bastion").unwrap();
    group["change"]["actions"] = json!(["no-op"]);
    group["change"]["after"] = group["change"]["before"].clone();
    group["change"]["after_unknown"] = json!({});
    if let Some(kind) = also {
        let change = json!({"actions": ["create"], "before": null, "after": {"name": "x"}, "after_unknown": {}});
        changes.push(json!({
            "address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
            "provider_name": "registry.terraform.io/hashicorp/aws", "change": change,
        }));
    }
    let file = folder.join(format!("{}.json", also.unwrap_or("reduces")));
    std::fs::write(&file, plan.to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_plan_that_only_reduces_risk_passes_a_freeze_and_not_missing_data() {
    let past = Past::failing(60, "").await;
    let (code, answer) = past.json(&["gate", &reduces(past.folder.path(), None)]);
    assert_eq!((code, &answer["outcome"]), (0, &json!("warned")), "{answer}");
    assert_eq!(answer["budget"]["effect"], "reduces_risk");
    assert!(answer.to_string().contains("the plan only reduces risk, which passes every stage"), "{answer}");
    // What a function does to risk nobody knows.
    let (code, answer) = past.json(&["gate", &reduces(past.folder.path(), Some("aws_lambda_function"))]);
    assert_eq!((code, &answer["budget"]["effect"]), (13, &json!("neutral")), "{answer}");
    assert!(answer.to_string().contains("1 part of it cannot be judged"), "{answer}");
    let old = Past::of(Home::file(), 0, SignedDuration::from_hours(3), "").await;
    assert_eq!(old.ask(&["gate", &reduces(old.folder.path(), None)]).code, 12);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_is_an_answer_about_a_plan_too() {
    let (folder, ledger) = folder();
    let clean = plan("private_bucket_defaults");
    let ask = |more: &[&str]| {
        run(&mut program(folder.path()), &[&["gate", clean.as_str(), "--format", "json"], more].concat())
    };
    assert_eq!(ask(&[]).code, 0, "without objectives nobody asks the ledger");
    let named = ask(&["--ledger", "nowhere.db"]);
    assert!(named.code == 1 && named.stdout.is_empty(), "{}", named.stderr);
    assert_eq!(ask(&["--approved-by", "ada"]).code, 2);
    std::fs::write(folder.path().join("plimsoll.yaml"), configuration("")).unwrap();
    for more in [&[][..], &["--ledger", "nowhere.db"]] {
        let ended = ask(more);
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((ended.code, &answer["outcome"]), (12, &json!("approval_required")), "{answer}");
        assert!(answer["budget"].to_string().contains("there is no ledger"), "{answer}");
    }
    assert!(!ledger.exists());
}

#[tokio::test]
async fn every_output_says_what_the_budget_policy_says() {
    let clean = plan("private_bucket_defaults");
    let frozen = Past::failing(60, "").await;
    for output in ["table", "json", "sarif", "junit", "github", "markdown", "gitlab"] {
        let ended = frozen.ask(&["gate", &clean, "--output", output]);
        assert_eq!(ended.code, 13, "{output}: {}", ended.stderr);
        let text = words(&ended.stdout).replace("<code>", "").replace("</code>", "").replace("&#46;", ".");
        let said = text.contains("frozen") && text.contains("of the budget left") && text.contains("20.0 %");
        assert!(said, "{output}: {text}");
        assert!(output == "json" || !text.contains("allowed\""), "{output} is not green: {text}");
    }
    let suites = frozen.ask(&["gate", &clean, "--output", "junit"]).stdout;
    assert!(suites.contains("<failure") && suites.contains("failures=\"1\""), "{suites}");
    let issues: Value = serde_json::from_str(&frozen.ask(&["gate", &clean, "--output", "gitlab"]).stdout).unwrap();
    assert_eq!((&issues[0]["check_name"], &issues[0]["severity"]), (&json!("budget-policy"), &json!("blocker")));
    let log: Value = serde_json::from_str(&frozen.ask(&["gate", &clean, "--output", "sarif"]).stdout).unwrap();
    assert_eq!(log["runs"][0]["invocations"][0]["exitCode"], 13);
    assert!(frozen.ask(&["gate", &clean, "--output", "github"]).stdout.starts_with("::error "));
    let well = Past::failing(0, "").await;
    for output in ["table", "json", "sarif", "junit", "github", "markdown", "gitlab"] {
        let ended = well.ask(&["gate", &clean, "--output", output]);
        assert_eq!(ended.code, 0, "{output}: {}{}", ended.stdout, ended.stderr);
        assert!(output != "junit" || !ended.stdout.contains("<failure"), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn stages_that_a_scan_has_found_are_listed_latest_first() {
    let past = Past::failing(60, "").await;
    let config = config("");
    let last = past.lab.ledger.last_scan().await.unwrap().unwrap().standing.at;
    settle(&past.lab.ledger, &config.slos(), &config.budget_policy.policy(), &[], last).await.unwrap();
    let listed = words(&past.ask(&["budget", "transitions", "--since", "1d"]).stdout);
    let freeze = "resources-high: freeze began, as -20.0 % of the budget is left; the threshold is 0.0 %";
    assert!(listed.contains(freeze), "{listed}");
    assert!(listed.find("freeze").unwrap() < listed.find("warn began").unwrap(), "{listed}");
    let document = past.json(&["budget", "transitions"]).1;
    assert_eq!(document["transitions"][0]["transition"]["action"], "freeze");
    let none = past.ask(&["budget", "transitions", "--since", "10s"]);
    assert_eq!(none.stdout.trim(), "nothing began or ended");
    assert_eq!(past.ask(&["budget", "notifications"]).stdout.trim(), "nobody was to be told of anything");
}

#[tokio::test]
async fn answers_are_counted_on_the_metrics_page() {
    let past = Past::failing(45, "").await;
    for more in [&[][..], &[], &["--approved-by", "ada"]] {
        past.ask(&[&["gate"], more].concat());
    }
    // The page is that of the ledger of the configuration.
    let ledger = past.lab.home.argument();
    let text = format!("{}ledger: {ledger}\n", configuration(""));
    std::fs::write(past.folder.path().join("plimsoll.yaml"), text).unwrap();
    let pushed = run(&mut program(past.folder.path()), &["metrics", "push", "--metrics-file", "p.prom"]);
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    let page = std::fs::read_to_string(past.folder.path().join("p.prom")).unwrap();
    for line in [
        r#"plimsoll_gate_decisions_total{decision="approval_required",reason="budget"} 2"#,
        r#"plimsoll_gate_decisions_total{decision="warned",reason="approval"} 1"#,
        r#"plimsoll_gate_decisions_total{decision="frozen",reason="none"} 0"#,
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
}
