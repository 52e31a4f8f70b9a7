//! `plimsoll rules`, and rules of one's own on the command line of a scan.

use std::fs;
use std::path::Path;

use plimsoll::simulator::{Estate, Simulator};
use serde_json::Value;

use crate::estate::{Ended, folder, program, program_on, run, run_beside};

const SUCCESS: i32 = 0;
const USAGE: i32 = 2;
const INCOMPLETE: i32 = 3;
const FINDINGS: i32 = 10;

#[track_caller]
fn ended(folder: &Path, arguments: &[&str], code: i32) -> Ended {
    let ended = run(&mut program(folder), arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}\n{}", ended.stdout, ended.stderr);
    ended
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

fn ids(ended: &Ended) -> Vec<String> {
    json(ended)["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_list_is_filtered_and_says_what_does_not_judge() {
    let (folder, _) = folder();
    let list = |arguments: &[&str]| {
        ended(folder.path(), &[&["rules", "list", "--format", "json"], arguments].concat(), SUCCESS)
    };
    let all = ids(&list(&[]));
    let of_s3 = ids(&list(&["--service", "s3"]));
    assert!(!of_s3.is_empty() && of_s3.iter().all(|id| id.starts_with("aws-s3-")), "{of_s3:?}");
    let high = json(&list(&["--severity", "high", "--service", "ec2"]));
    assert!(high["rules"].as_array().unwrap().iter().all(|rule| rule["severity"] == "high"));
    let of_users = ids(&list(&["--type", "AWS::IAM::User"]));
    assert!(of_users.contains(&"aws-iam-access-keys-rotated".to_owned()), "{of_users:?}");
    let cis = ids(&list(&["--framework", "cis-5.0"]));
    assert!(!cis.is_empty() && cis.len() < all.len());
    assert!(cis.contains(&"aws-s3-tls-only".to_owned()), "{cis:?}");

    fs::write(
        folder.path().join("plimsoll.yaml"),
        "rules: {disabled: [aws-s3-*], severities: {aws-ec2-volume-encrypted: critical}}\n",
    )
    .unwrap();
    let disabled = ended(folder.path(), &["rules", "list", "--disabled", "--service", "s3"], SUCCESS);
    assert!(disabled.stdout.starts_with("Not judging:\n"), "{}", disabled.stdout);
    assert!(disabled.stdout.contains("rules.disabled has aws-s3-*"), "{}", disabled.stdout);
    assert_eq!(ids(&list(&["--enabled", "--service", "s3"])), Vec::<String>::new());
    assert!(ids(&list(&["--severity", "critical"])).contains(&"aws-ec2-volume-encrypted".to_owned()));
    let said = ended(folder.path(), &["rules", "list", "--service", "s4"], USAGE).stderr;
    assert!(said.contains("no rule is about \"s4\"; there are accessanalyzer, account, "), "{said}");
}

#[test]
fn names_that_no_rule_has_are_told_with_near_ones() {
    let (folder, _) = folder();
    let config = "rules:\n  enabled: ['*', aws-s3-versionned]\n  disabled: [aws-rds-*]\n  severities: {aws-s3-tls-onyl: low}\n  frameworks: [cis-5]\n";
    fs::write(folder.path().join("plimsoll.yaml"), config).unwrap();
    let said = ended(folder.path(), &["rules", "list"], USAGE).stderr;
    for expected in [
        "rules.enabled names \"aws-s3-versionned\", which does not exist\n  help: did you mean aws-s3-versioned?",
        "rules.severities names \"aws-s3-tls-onyl\", which does not exist\n  help: did you mean aws-s3-tls-only?",
        "no rule serves a control of the framework \"cis-5\"\n  help: ",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    let said = ended(folder.path(), &["rules", "show", "aws-s3-versionned"], USAGE).stderr;
    assert!(said.contains("aws-s3-versionned"), "{said}");
}

#[test]
fn one_rule_is_shown_with_parameters_in_force_and_its_rego() {
    let (folder, _) = folder();
    fs::write(folder.path().join("plimsoll.yaml"), "parameters: {access_key_max_age_days: 30}\n").unwrap();
    let shown = ended(folder.path(), &["rules", "show", "aws-iam-access-keys-rotated", "--source"], SUCCESS).stdout;
    for expected in
        ["access_key_max_age_days  30 (default 90)", "cis-5.0", "AWS CLI:", "package aws.iam.access_keys_rotated"]
    {
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
    let detail =
        json(&ended(folder.path(), &["rules", "show", "aws-iam-access-keys-rotated", "--format", "json"], SUCCESS));
    assert_eq!(detail["rule"]["parameters"][0]["value"], 30);
    assert_eq!((&detail["rule"]["standing"], &detail["rule"]["built_in"]), (&"judges".into(), &true.into()));
    assert_eq!(detail["rule"]["source"], Value::Null);
}

#[test]
fn a_new_rule_passes_its_tests_and_the_lint_and_is_never_written_over() {
    let (folder, _) = folder();
    let begun = ended(folder.path(), &["rules", "new", "acme/s3/my_rule", "--rules", "own"], SUCCESS).stdout;
    assert!(begun.starts_with("own/acme/s3/my_rule.rego\nown/acme/s3/my_rule_test.rego\n"), "{begun}");
    let tested =
        ended(folder.path(), &["rules", "test", "own", "--coverage", "--minimum-coverage", "100"], SUCCESS).stdout;
    assert_eq!(tested, "1 rules, 5 tests, 0 failed; 100.0 % of lines evaluated\n");
    let linted = ended(folder.path(), &["rules", "lint", "own", "--strict"], SUCCESS).stdout;
    assert_eq!(linted, "1 rules, 0 errors, 0 pieces of advice\n");
    let before = fs::read(folder.path().join("own/acme/s3/my_rule.rego")).unwrap();
    let said = ended(folder.path(), &["rules", "new", "acme/s3/my_rule", "--rules", "own"], USAGE).stderr;
    assert!(said.contains("own/acme/s3/my_rule.rego is there already"), "{said}");
    assert_eq!(fs::read(folder.path().join("own/acme/s3/my_rule.rego")).unwrap(), before);
    for (path, expected) in [
        ("aws/s3/versioned", "there is a built-in rule aws-s3-versioned"),
        ("../x/y", "is not the path of a rule"),
        ("aws/s3/My-Rule", "is not the path of a rule"),
        ("acme/rds/mine", "it cannot be told which resources acme-rds-mine judges"),
    ] {
        let said = ended(folder.path(), &["rules", "new", path, "--rules", "own"], USAGE).stderr;
        assert!(said.contains(expected), "{said}");
    }
    ended(folder.path(), &["rules", "new", "acme/rds/mine", "--rules", "own", "--type", "AWS::EC2::VPC"], SUCCESS);
    ended(folder.path(), &["rules", "test", "own"], SUCCESS);
}

#[test]
fn failures_are_told_with_file_and_line_also_as_junit() {
    let (folder, _) = folder();
    ended(folder.path(), &["rules", "new", "acme/s3/mine", "--rules", "own"], SUCCESS);
    let test = folder.path().join("own/acme/s3/mine_test.rego");
    let text = fs::read_to_string(&test).unwrap().replace("\"want\": \"pass\"", "\"want\": \"fail\"");
    fs::write(&test, text).unwrap();
    let rule = folder.path().join("own/acme/s3/mine.rego");
    let text = fs::read_to_string(&rule).unwrap()
        + "\n_unreached := 1 if {\n\tinput.resource.tags.nobody == \"x\"\n\tinput.resource.tags.none == 1\n}\n";
    fs::write(&rule, text).unwrap();
    let tested = ended(
        folder.path(),
        &["rules", "test", "own/acme/s3/mine.rego", "--coverage", "--junit", "tests.xml"],
        FINDINGS,
    );
    for expected in [
        "FAIL  own/acme/s3/mine_test.rego:9  with the tag it passes\n      it wants fail, the verdict is Pass",
        "FAIL  own/acme/s3/mine_test.rego:0  a case that wants pass",
        "no test evaluates own/acme/s3/mine.rego:31  ",
        "1 rules, ",
    ] {
        assert!(tested.stdout.contains(expected), "{expected}\n{}", tested.stdout);
    }
    let xml = fs::read_to_string(folder.path().join("tests.xml")).unwrap();
    assert!(xml.contains("<testsuite name=\"own/acme/s3/mine_test.rego\""), "{xml}");
    assert!(xml.contains("line=\"9\"") && xml.contains("<failure message=\"it wants fail"), "{xml}");
    let little =
        ended(folder.path(), &["rules", "test", "own", "--minimum-coverage", "99.5", "--format", "json"], FINDINGS);
    assert!(!json(&little)["coverage"][0]["missing"].as_array().unwrap().is_empty());
}

#[test]
fn the_built_in_rules_have_no_fault() {
    let (folder, _) = folder();
    let linted = ended(folder.path(), &["rules", "lint", "--format", "json"], SUCCESS);
    assert_eq!(json(&linted)["errors"], Value::Array(Vec::new()));
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn scan(simulator: &Simulator, folder: &Path, arguments: &[&str]) -> Ended {
    let arguments = [&["scan", "--format", "json", "--fail-on", "never"], arguments].concat();
    run_beside(program_on(simulator, folder), &arguments).await
}

const BROKEN: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   severity: low\n\
                      #   resource_types: [\"AWS::EC2::Volume\"]\n#   controls: {}\n#   reads: [encrypted]\n\
                      #   remediation:\n#     text: r\npackage acme.ec2.broken\n\ndeny contains if {\n";

fn of(report: &Value, rule: &str) -> Value {
    report["sli"]["rules"][rule].clone()
}

/// What a rule found stays open when its file becomes unreadable, and ends when it is taken away.
#[tokio::test]
async fn findings_of_a_rule_that_can_no_longer_be_read_stay_open() {
    let simulator = Simulator::start(Estate::demo("2026-11-22T12:00:00Z".parse().unwrap()).unwrap()).await.unwrap();
    let (folder, _) = folder();
    fs::write(folder.path().join("plimsoll.yaml"), "thresholds: {minimum_coverage: 0.0}\n").unwrap();
    let path = "own/acme/ec2/broken.rego";
    write(
        folder.path(),
        path,
        &BROKEN.replace(
            "deny contains if {",
            "deny contains {\"message\": \"m\", \"path\": [\"encrypted\"]} if {\n\
             \tinput.resource.configuration.encrypted == false\n}",
        ),
    );
    let open = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["rule"] == "acme-ec2-broken")
            .map(|finding| finding["id"].clone())
            .collect::<Vec<_>>()
    };
    let first = json(&scan(&simulator, folder.path(), &["--rules", "own"]).await);
    let found = open(&first);
    assert!(!found.is_empty(), "{first}");
    let count = |report: &Value| {
        let states = of(report, "acme-ec2-broken");
        ["pass", "fail", "unknown", "waived"].iter().filter_map(|state| states[*state].as_u64()).sum::<u64>()
    };

    write(folder.path(), path, "package acme.ec2.broken\n");
    for _ in 0..2 {
        let lost = json(&scan(&simulator, folder.path(), &["--rules", "own"]).await);
        assert_eq!(open(&lost), found);
        assert_eq!(of(&lost, "acme-ec2-broken")["unknown"].as_u64(), Some(count(&first)));
    }

    fs::remove_file(folder.path().join(path)).unwrap();
    let gone = json(&scan(&simulator, folder.path(), &["--rules", "own"]).await);
    assert_eq!(open(&gone), Vec::<Value>::new());
}

/// A broken rule neither stops the scan nor is it silently missing.
#[tokio::test]
async fn a_scan_goes_on_with_rules_that_cannot_be_used_and_says_so() {
    let simulator = Simulator::start(Estate::demo("2026-11-22T12:00:00Z".parse().unwrap()).unwrap()).await.unwrap();
    let (folder, _) = folder();
    fs::write(folder.path().join("plimsoll.yaml"), "thresholds: {minimum_coverage: 0.0}\n").unwrap();
    let sound = json(&scan(&simulator, folder.path(), &[]).await);
    write(folder.path(), "own/acme/ec2/broken.rego", BROKEN);
    let ended = scan(&simulator, folder.path(), &["--rules", "own"]).await;
    assert_eq!(ended.code, SUCCESS, "{}", ended.stderr);
    let report = json(&ended);
    assert_eq!(report["sli"]["overall"]["fail"], sound["sli"]["overall"]["fail"]);
    let notes = report["notes"].to_string();
    assert!(notes.contains("rule acme-ec2-broken cannot be trusted, its evaluations are unknown: "), "{notes}");
    let counts = &report["sli"]["rules"]["acme-ec2-broken"];
    assert!(counts["unknown"].as_u64().unwrap() > 0 && counts["pass"] == 0, "{counts}");

    write(folder.path(), "more/acme/ec2/bare.rego", "package acme.ec2.bare\n");
    let ended = scan(&simulator, folder.path(), &["--rules", "own", "--rules", "more"]).await;
    assert_eq!(ended.code, INCOMPLETE, "{}", ended.stderr);
    let notes = json(&ended)["notes"].to_string();
    assert!(
        notes.contains("rule acme-ec2-bare is missing, nothing was judged by it: more/acme/ec2/bare.rego:1: "),
        "{notes}"
    );

    // The rule judged before: it is remembered, and its evaluations stay, unknown.
    let judged = of(&report, "acme-ec2-broken");
    write(folder.path(), "own/acme/ec2/broken.rego", "package acme.ec2.broken\n");
    let report = json(&scan(&simulator, folder.path(), &["--rules", "own"]).await);
    assert_eq!(of(&report, "acme-ec2-broken"), judged);
    let notes = report["notes"].to_string();
    assert!(notes.contains("rule acme-ec2-broken cannot be trusted, its evaluations are unknown: own/acme"), "{notes}");

    let framework = json(&scan(&simulator, folder.path(), &["--framework", "cis-5.0"]).await);
    let judged = framework["sli"]["rules"].as_object().unwrap();
    assert!(judged.contains_key("aws-s3-tls-only") && judged.len() < sound["sli"]["rules"].as_object().unwrap().len());
}
