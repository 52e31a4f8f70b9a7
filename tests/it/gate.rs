//! `plimsoll gate` and the verbs around it, as a person or a pipeline meets them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::estate::{Ended, folder, program, run};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("terraform-fixtures").join(name).join("plan.json")
}

fn gate(name: &str, more: &[&str]) -> Ended {
    let (folder, _) = folder();
    let plan = fixture(name);
    let arguments: Vec<&str> = ["gate", plan.to_str().unwrap()].into_iter().chain(more.iter().copied()).collect();
    run(&mut program(folder.path()), &arguments)
}

#[test]
fn a_plan_that_opens_a_bucket_or_a_group_is_denied_by_address() {
    for (name, address, rule) in [
        ("public_bucket_by_policy", "aws_s3_bucket.site", "aws-s3-not-public"),
        ("public_bucket_split_resources_known_after_apply", "aws_s3_bucket.media", "aws-s3-not-public"),
        ("security_group_inline_world_ssh", "aws_security_group.bastion", "aws-ec2-ssh-closed-to-world"),
    ] {
        let ended = gate(name, &[]);
        assert_eq!(ended.code, 10, "{name}: {}", ended.stderr);
        for text in [address, rule, "denies", "DENIED"] {
            assert!(ended.stdout.contains(text), "{name}: {text:?} is not in: {}", ended.stdout);
        }
    }
}

#[test]
fn a_clean_plan_is_allowed_and_a_partial_one_is_not() {
    let allowed = gate("private_bucket_defaults", &[]);
    assert_eq!(allowed.code, 0, "{}{}", allowed.stdout, allowed.stderr);
    assert!(allowed.stdout.contains("ALLOWED"), "{}", allowed.stdout);
    for name in ["refresh_only", "targeted", "errored"] {
        let partial = gate(name, &[]);
        assert_eq!(partial.code, 3, "{name}: {}", partial.stdout);
        assert!(partial.stdout.contains("INCOMPLETE"), "{name}: {}", partial.stdout);
    }
}

#[test]
fn a_policy_that_is_not_known_yet_is_unknown_and_can_be_made_to_deny() {
    let listed = gate("jsonencode_unknown_policy", &["--format", "json"]);
    let report: Value = serde_json::from_str(&listed.stdout).unwrap();
    let text = report.to_string();
    assert!(text.contains("unknown") && text.contains("aws_s3_bucket.data.arn"), "{text}");
    let denied = gate("jsonencode_unknown_policy", &["--deny-unknown", "--fail-on", "medium"]);
    assert_eq!(denied.code, 10, "{}", denied.stdout);
}

#[test]
fn what_was_failing_before_denies_only_when_asked() {
    let new = gate("unchanged_after_apply", &["--fail-on", "low"]);
    let all = gate("unchanged_after_apply", &["--fail-on", "low", "--all"]);
    assert_eq!((new.code, all.code), (0, 10), "{}", all.stdout);
}

#[test]
fn sarif_and_junit_are_printed_alone() {
    let sarif = gate("public_bucket_by_policy", &["--output", "sarif"]);
    let log: Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let junit = gate("public_bucket_by_policy", &["--output", "junit"]);
    assert!(junit.stdout.starts_with("<?xml") && junit.stdout.trim_end().ends_with("</testsuites>"));
    assert_eq!((sarif.code, junit.code), (10, 10));
}

#[test]
fn sensitive_values_are_in_no_output() {
    let plan = std::fs::read_to_string(fixture("sensitive_policy")).unwrap();
    let secret = "999988887777";
    assert!(plan.contains(secret), "the fixture holds the value that must not be printed");
    let source = fixture("sensitive_policy").with_file_name("");
    for output in ["table", "json", "sarif", "junit", "github", "markdown", "gitlab"] {
        let ended = gate("sensitive_policy", &["--output", output, "--source", source.to_str().unwrap(), "-vvv"]);
        assert!(ended.stdout.contains("aws-iam-role-not-open-to-anyone"), "{output}: {}", ended.stdout);
        assert!(!ended.stdout.contains(secret), "{output}: {}", ended.stdout);
        assert!(!ended.stderr.contains(secret), "{output}: {}", ended.stderr);
    }
}

#[test]
fn the_verbs_that_need_nothing_work_in_an_empty_folder() {
    let (folder, _) = folder();
    for (arguments, said) in [
        (&["rules", "list"][..], "aws-s3-not-public"),
        (&["rules", "show", "aws-s3-not-public"], "Buckets are not public"),
        (&["rules", "schema", "AWS::S3::Bucket"], "public_access_block"),
        (&["config", "check"], "127 rules"),
        (&["config", "show"], "interval: \"15m\""),
        (&["config", "schema"], "$schema"),
        (&["completions", "bash"], "plimsoll"),
        (&["--help"], "Exit codes"),
    ] {
        let ended = run(&mut program(folder.path()), arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stdout.contains(said), "{arguments:?}: {said:?} is not in: {}", ended.stdout);
    }
}

#[test]
fn the_demo_tells_before_and_after() {
    let (folder, _) = folder();
    let ended = run(&mut program(folder.path()), &["demo", "--once"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for text in [
        "Compliance",
        "Coverage",
        "widened",
        "tcp 22 from 0.0.0.0/0",
        "aws-s3-not-public",
        "plimsoll-failover-path-works",
    ] {
        assert!(ended.stdout.contains(text), "{text:?} is not in: {}", ended.stdout);
    }
    for text in ["First scan", "An attacker", "Second scan", "compliance SLI", "3 changes"] {
        assert!(ended.stderr.contains(text), "{text:?} is not in: {}", ended.stderr);
    }
}
