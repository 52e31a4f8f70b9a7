//! `plimsoll access` on the demo account: the program, its exit codes and its bad input.

use std::fs;
use std::path::Path;

use plimsoll::simulator::{Estate, Simulator};
use serde_json::Value;

use crate::estate::{Ended, folder, program, program_on, run, run_beside};

/// A folder with `demo.json`, the demo account's snapshot.
async fn demo() -> tempfile::TempDir {
    let (folder, _) = folder();
    let simulator = Simulator::start(Estate::demo("2026-11-22T09:00:00Z".parse().unwrap()).unwrap()).await.unwrap();
    let ended = run_beside(program_on(&simulator, folder.path()), &["collect", "-o", "demo.json"]).await;
    assert!(folder.path().join("demo.json").exists(), "{}", ended.stderr);
    simulator.stop().await;
    folder
}

fn access(folder: &Path, arguments: &[&str]) -> Ended {
    let all: Vec<&str> = [&["access"], arguments, &["--snapshot", "demo.json"]].concat();
    run(&mut program(folder), &all)
}

fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let ended = access(folder, &[arguments, &["--format", "json"]].concat());
    assert!(!ended.stdout.is_empty(), "{}", ended.stderr);
    (ended.code, serde_json::from_str(&ended.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_the_demo_account_are_answered_with_their_exit_codes() {
    let folder = demo().await;
    let at = folder.path();

    // A person is denied without a second factor, and may with one.
    let may = ["can", "alma.berg", "iam:CreateUser", "arn:aws:iam::111122223333:user/x"];
    let with = |context: &'static str| [&may[..], &["--context", context, "--without-organization"]].concat();
    assert_eq!(access(at, &with("aws:MultiFactorAuthPresent=true")).code, 0);
    let (code, denied) = json(at, &with("aws:MultiFactorAuthPresent=false"));
    assert_eq!((code, &denied["decision"], &denied["denial"]["layer"]), (10, &"deny".into(), &"identity".into()));
    let (code, open) = json(at, &[&may[..], &["--without-organization"]].concat());
    assert_eq!((code, &open["decision"]), (3, &"depends".into()));
    assert!(open["needs"].as_array().unwrap().contains(&"aws:multifactorauthpresent".into()), "{open}");
    let words = access(at, &with("aws:MultiFactorAuthPresent=false"));
    assert!(words.stdout.starts_with("deny  arn:aws:iam::111122223333:user/people/alma.berg may "), "{}", words.stdout);

    // The roles of the identity provider are reached from outside, under its conditions.
    let (code, chains) = json(at, &["chain", "outside", "ci-payments"]);
    assert_eq!(code, 3);
    let asked = &chains["chains"][0]["hops"][0]["requirements"];
    let subject = r#"token.actions.githubusercontent.com:sub is like "repo:nordwind/payments:environment:production""#;
    assert!(asked.as_array().unwrap().iter().any(|one| one["words"] == subject), "{asked}");
    assert_eq!(access(at, &["chain", "ci-web", "break-glass"]).code, 10);

    // power-tools may change the start-up script of an instance that runs as an administrator.
    let (code, found) = json(at, &["escalations", "--principal", "power-tools"]);
    assert_eq!(code, 10);
    let ways = found["escalations"].as_array().unwrap();
    let way = ways.iter().find(|way| way["path"] == "ec2-002").unwrap();
    assert_eq!((&way["everything"], &way["certain"]), (&true.into(), &true.into()), "{way}");
    let actions: Vec<&str> =
        way["steps"].as_array().unwrap().iter().map(|step| step["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances"]);
    let table = access(at, &["escalations"]);
    assert!(table.stdout.contains("can get more, "), "{}", table.stdout);

    // Everyone who may write to a bucket: the root user may, whoever has no permission may not.
    let (code, who) =
        json(at, &["who", "s3:PutObject", "arn:aws:s3:::nordwind-backups/x", "--context", "aws:SecureTransport=true"]);
    assert_eq!(code, 0);
    let decision = |arn: &str| {
        let all = who["principals"].as_array().unwrap();
        all.iter().find(|one| one["principal"] == arn).map(|one| one["decision"].as_str().unwrap().to_owned())
    };
    assert_eq!(decision("arn:aws:iam::111122223333:root").as_deref(), Some("allow"));
    assert_eq!(decision("arn:aws:iam::111122223333:role/function/cert-watch"), None, "{who}");
}

#[test]
fn a_policy_is_compared_with_the_one_before_and_examined() {
    let (folder, _) = folder();
    let at = folder.path();
    let write = |name: &str, action: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
        );
        fs::write(at.join(name), text).unwrap();
    };
    write("read.json", "s3:GetObject");
    write("all.json", "s3:*");
    write("wrong.json", "s3:GetObjekt");
    let go = |arguments: &[&str]| run(&mut program(at), &[&["access"], arguments].concat());
    let widened = go(&["compare", "read.json", "all.json"]);
    assert_eq!((widened.code, widened.stdout.lines().next()), (10, Some("widened")), "{}", widened.stderr);
    assert!(widened.stdout.contains("allowed now:"), "{}", widened.stdout);
    assert_eq!(go(&["compare", "all.json", "read.json"]).code, 0);
    assert_eq!(go(&["compare", "all.json", "all.json"]).stdout, "same\n");
    assert_eq!(go(&["lint", "read.json"]).code, 0);
    let lints = go(&["lint", "read.json", "wrong.json"]);
    assert_eq!(lints.code, 10);
    assert!(lints.stdout.contains("/Statement/0/Action/0"), "{}", lints.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_names_actions_and_files_are_usage_with_the_next_step() {
    let folder = demo().await;
    let at = folder.path();
    fs::write(at.join("half.json"), r#"{"Statement":[{"Effect":"Allow""#).unwrap();
    for (arguments, said) in [
        (&["can", "nobody", "s3:GetObject", "*"][..], "error: PRINCIPAL: \"nobody\" is neither an ARN nor the name"),
        (&["can", "alma.berg", "GetObject", "*"], "error: ACTION: \"GetObject\" is not one action"),
        (&["can", "alma.berg", "s3:Get*", "*"], "without wildcards"),
        (&["can", "alma.berg", "s3:GetObject", "bucket/key"], "error: RESOURCE: \"bucket/key\" is not an ARN"),
        (&["can", "alma.berg", "s3:GetObject", "*", "--context", "mfa"], "--context aws:SourceIp=203.0.113.7"),
        (&["chain", "alma.berg", "arn:aws:s3:::b"], "error: TO: \"arn:aws:s3:::b\" is not the ARN of a user or a role"),
        (&["chain", "alma.berg", "lambda.amazonaws.com"], "a chain ends at a role"),
        (&["escalations", "--principal", "nobody"], "error: --principal: "),
        (&["compare", "half.json", "half.json"], "half.json: "),
        (&["compare", "arn:aws:s3:::b#/configuration/policy", "half.json"], "arn:aws:s3:::b is not in the snapshot"),
    ] {
        let ended = access(at, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said) && ended.stderr.contains("help: "), "{arguments:?}: {}", ended.stderr);
    }
    let missing = run(&mut program(at), &["access", "escalations", "--ledger", "none.db"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("run plimsoll scan first"), "{}", missing.stderr);
}
