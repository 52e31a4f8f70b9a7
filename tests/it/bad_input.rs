//! Bad input and bad circumstances, as the user of the program meets them: what is wrong and
//! where, the next step, the right exit code, and nothing lost.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use plimsoll::ledger::Ledger;
use plimsoll::simulator::{Account, Estate, Fault, FaultKind, Region, Simulator};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::estate::{Ended, folder, program, program_on, run, run_beside, serve, small, time};

/// Exit codes: a published contract.
const ERROR: i32 = 1;
const USAGE: i32 = 2;
const INCOMPLETE: i32 = 3;
const FINDINGS: i32 = 10;

/// Runs the program without any AWS; it must end like this, say this, and print nothing.
#[track_caller]
fn check(folder: &Path, arguments: &[&str], code: i32, said: &[&str]) {
    let ended = run(&mut program(folder), arguments);
    assert_refused(&ended, code, said);
}

#[track_caller]
fn assert_refused(ended: &Ended, code: i32, said: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{}", ended.stderr);
    for text in said {
        assert!(ended.stderr.contains(text), "{text:?} is not in: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn all_faults_of_a_configuration_are_told_at_once() {
    let (folder, _) = folder();
    let text = "acounts: []\nregions: [Frankfurt]\naccounts:\n  - role_arn: arn:aws:iam::1:role\nserver: {port: 9}\n";
    fs::write(folder.path().join("plimsoll.yaml"), text).unwrap();
    let said = [
        "error: the configuration has 4 faults\n",
        "plimsoll.yaml:1:1: acounts: unknown key\n  help: did you mean accounts?",
        "plimsoll.yaml:2:11: regions[0]: ",
        "plimsoll.yaml:4:15: accounts[0].role_arn: expected the ARN of a role such as ",
        "plimsoll.yaml:5:10: server.port: unknown key",
    ];
    for command in [&["scan"][..], &["serve"], &["status"], &["config", "check"]] {
        check(folder.path(), command, USAGE, &said);
    }
}

#[test]
fn rules_that_do_not_compile_are_told_with_their_places() {
    let (folder, ledger) = folder();
    let rules = folder.path().join("rules/aws/s3");
    fs::create_dir_all(&rules).unwrap();
    fs::write(rules.join("broken.rego"), "package aws.s3.broken\n\ndeny contains {\"message\": \"x\" if {\n").unwrap();
    fs::write(rules.join("other.rego"), "package aws.s3.different\n").unwrap();
    let ended = run(&mut program(folder.path()), &["rules", "lint", "rules"]);
    assert_eq!(ended.code, FINDINGS, "{ended:?}");
    for said in ["error: rules/aws/s3/broken.rego:3: not Rego: ", "error: rules/aws/s3/other.rego:1: "] {
        assert!(ended.stdout.contains(said), "{ended:?}");
    }
    fs::write(folder.path().join("plimsoll.yaml"), "parameters: {dais: 1}\nrules: {directory: rules}\n").unwrap();
    check(
        folder.path(),
        &["scan"],
        USAGE,
        &["error: the rules have 1 fault\nparameters: there is no parameter \"dais\""],
    );
    assert!(!ledger.exists(), "nothing was attempted");
}

#[test]
fn arguments_that_are_none_are_told_with_what_they_could_be() {
    let (folder, _) = folder();
    let role = ["--role-arn: \"arn:aws:iam::1:role\" is not the ARN of a role\nhelp: write it like arn:aws:iam::"];
    check(folder.path(), &["scan", "--role-arn", "arn:aws:iam::1:role"], USAGE, &role);
    check(folder.path(), &["scan", "--region", "Frankfurt"], USAGE, &["--region: \"Frankfurt\" is not an AWS region"]);
    check(folder.path(), &["scan", "--fail-on", "urgent"], USAGE, &["\nhelp: the severities are critical, high, "]);
    check(folder.path(), &["status", "--window", "yesterday"], USAGE, &["--window: \"yesterday\" is not", "\nhelp: "]);
    check(folder.path(), &["skan"], USAGE, &["unrecognized subcommand 'skan'"]);
}

#[test]
fn a_file_that_is_no_ledger_is_left_as_it_is() {
    let (folder, ledger) = folder();
    for content in ["garbage, and more of it than the header of a database has\n".repeat(40), "short".to_owned()] {
        fs::write(&ledger, &content).unwrap();
        for command in ["scan", "serve", "status", "findings", "drift"] {
            check(folder.path(), &[command], ERROR, &["plimsoll.db is not a ledger\nhelp: name another file"]);
        }
        assert_eq!(fs::read_to_string(&ledger).unwrap(), content);
    }
}

#[tokio::test]
async fn a_ledger_of_a_newer_program_is_left_as_it_is() {
    let (folder, ledger) = folder();
    Ledger::open(&ledger).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&ledger).connect().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (99999999, 'later', 1, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = fs::read(&ledger).unwrap();
    let said =
        ["has schema 99999999, and this program knows schemas up to ", "\nhelp: use the version of plimsoll that"];
    for command in ["scan", "serve", "status"] {
        check(folder.path(), &[command], ERROR, &said);
    }
    assert!(fs::read(&ledger).unwrap() == before, "the ledger was touched");
}

#[test]
fn questions_about_a_ledger_that_is_not_there_do_not_make_one() {
    let (folder, ledger) = folder();
    for command in ["status", "findings", "drift"] {
        check(folder.path(), &[command], ERROR, &["there is no ledger plimsoll.db\nhelp: run plimsoll scan first"]);
    }
    assert!(!ledger.exists());
}

#[tokio::test]
async fn snapshots_that_cannot_be_read_whole_are_not_read_at_all() {
    let simulator = serve(small()).await;
    let (folder, ledger) = folder();
    let good = folder.path().join("good.json");
    let collected = run_beside(program_on(&simulator, folder.path()), &["collect", "--output", "good.json"]).await;
    assert_eq!((collected.code, collected.stdout.as_str()), (0, ""), "{}", collected.stderr);
    let text = fs::read_to_string(&good).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("half.json", &text[..text.len() / 2]);
    write("newer.json", &text.replacen("\"format\": 1", "\"format\": 2", 1));
    write("other.json", "{\"resources\": []}");
    let refused = |name: &str, said: &[&str]| {
        check(folder.path(), &["scan", "--snapshot", name], ERROR, said);
        check(folder.path(), &["drift", "good.json", name], ERROR, said);
    };
    refused("half.json", &["snapshot half.json ends in the middle, at line ", "\nhelp: "]);
    refused("newer.json", &["newer.json has format 2, and this plimsoll reads format 1\nhelp: "]);
    refused("other.json", &["other.json is not a snapshot: line 1, ", "\nhelp: "]);
    refused("none.json", &["cannot read snapshot none.json", "No such file"]);

    let judged = run(&mut program(folder.path()), &["scan", "--snapshot", "good.json", "--format", "json"]);
    assert_eq!(judged.code, FINDINGS, "{}", judged.stderr);
    assert!(only_json(&judged)["sli"]["overall"]["fail"].as_u64().unwrap() > 0);
    assert!(!ledger.exists(), "judging a file records nothing");

    // A file in the place of the folder: what cannot be written is told, and the old one stays.
    let ended = run_beside(program_on(&simulator, folder.path()), &["collect", "--output", "good.json/new.json"]).await;
    assert_refused(&ended, ERROR, &["cannot write snapshot good.json/new.json"]);
    assert_eq!(fs::read_to_string(&good).unwrap(), text);
}

/// Standard output, which must be one JSON document and nothing else.
#[track_caller]
fn only_json(ended: &Ended) -> Value {
    let read = serde_json::from_str(&ended.stdout);
    assert!(read.is_ok(), "{read:?}: {} {}", ended.stdout, ended.stderr);
    read.unwrap()
}

#[test]
fn without_credentials_it_says_where_it_looked() {
    let (folder, ledger) = folder();
    let said =
        ["error: no AWS credentials found: looked at ", "~/.aws/credentials", "\nhelp: set AWS_ACCESS_KEY_ID and"];
    check(folder.path(), &["scan"], ERROR, &said);
    check(folder.path(), &["collect", "--output", "new.json"], ERROR, &said);
    check(folder.path(), &["scan", "--role-arn", "arn:aws:iam::111122223333:role/audit"], ERROR, &said);
    assert!(!folder.path().join("new.json").exists());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (scans, failed) = runtime.block_on(async {
        let ledger = Ledger::open(&ledger).await.unwrap();
        (ledger.scans(9).await.unwrap().len(), ledger.failed_scans(9).await.unwrap())
    });
    assert_eq!((scans, failed.len()), (0, 2));
    assert_eq!(failed[0].reason, "connect");
}

#[tokio::test]
async fn credentials_that_aws_does_not_take_are_told_apart() {
    let simulator = serve(small()).await;
    let (folder, _) = folder();
    let mut unknown = program_on(&simulator, folder.path());
    unknown.env("AWS_ACCESS_KEY_ID", "AKIANOBODYSKEY000000");
    let ended = run_beside(unknown, &["scan"]).await;
    let said =
        ["error: AWS does not accept the credentials: InvalidClientTokenId", "\nhelp: the access key is unknown"];
    assert_refused(&ended, ERROR, &said);

    simulator.set_faults(vec![Fault::new(FaultKind::Expired)]);
    let ended = run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    let said = ["error: AWS does not accept the credentials: ExpiredToken", "\nhelp: they have expired; sign in again"];
    assert_refused(&ended, ERROR, &said);

    let (endpoint, mut gone) = (simulator.endpoint(), program_on(&simulator, folder.path()));
    simulator.stop().await;
    fs::write(folder.path().join("plimsoll.yaml"), "collect: {attempts: 1}\n").unwrap();
    gone.env("AWS_ENDPOINT_URL", &endpoint);
    let ended = run_beside(gone, &["scan"]).await;
    assert_refused(&ended, ERROR, &[&format!("error: cannot reach {endpoint}: "), "\nhelp: check the network"]);
}

async fn scan(simulator: &Simulator, folder: &Path, arguments: &[&str]) -> Ended {
    let arguments = [&["scan", "--format", "json"], arguments].concat();
    run_beside(program_on(simulator, folder), &arguments).await
}

#[tokio::test]
async fn without_any_permission_there_is_no_verdict_and_nothing_passes() {
    let simulator = serve(small()).await;
    let (folder, _) = folder();
    let services = ["accessanalyzer", "iam", "ec2", "s3", "s3control"];
    for kind in [FaultKind::Denied, FaultKind::Expired] {
        simulator.set_faults(services.map(|service| Fault::new(kind).of_service(service)).to_vec());
        let ended = scan(&simulator, folder.path(), &[]).await;
        assert_eq!(ended.code, INCOMPLETE, "{}", ended.stderr);
        let report = only_json(&ended);
        let overall = &report["sli"]["overall"];
        assert_eq!((&overall["pass"], &overall["fail"], &overall["coverage"]), (&0.into(), &0.into(), &0.0.into()));
        assert_eq!(overall["compliance"], Value::Null);
        assert!(overall["unknown"].as_u64().unwrap() > 0);
        assert!(report["gaps"].as_array().unwrap().len() > 10);
    }
    let status = run_beside(program(folder.path()), &["status"]).await;
    assert_eq!(status.code, INCOMPLETE, "{}", status.stderr);
}

#[tokio::test]
async fn an_empty_account_has_its_own_settings_and_nothing_else() {
    let empty = Account {
        id: "123412341234".to_owned(),
        access_key: "AKIAEMPTYACCOUNT0000".to_owned(),
        caller: "root".to_owned(),
        regions: [("eu-central-1".to_owned(), Region::default())].into(),
        ..Account::default()
    };
    let simulator = serve(Estate::of(vec![empty], time(0)).unwrap()).await;
    let (folder, _) = folder();
    let ended = scan(&simulator, folder.path(), &["--fail-on", "never"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report = only_json(&ended);
    let overall = &report["sli"]["overall"];
    assert_eq!((&overall["expected"], &overall["unknown"], &overall["coverage"]), (&2.into(), &0.into(), &1.0.into()));
    let troubles = report["gaps"].as_array().unwrap().iter().filter(|gap| gap["reason"] != "not_collected");
    assert_eq!(troubles.collect::<Vec<_>>(), Vec::<&Value>::new());
}

/// Coverage counts what was expected, and on a list that was empty nothing was.
#[tokio::test]
async fn a_list_that_was_empty_and_cannot_be_read_is_no_verdict_where_all_has_to_be_read() {
    let empty = Account {
        id: "123412341234".to_owned(),
        access_key: "AKIAEMPTYACCOUNT0000".to_owned(),
        caller: "root".to_owned(),
        regions: [("eu-central-1".to_owned(), Region::default())].into(),
        ..Account::default()
    };
    let simulator = serve(Estate::of(vec![empty], time(0)).unwrap()).await;
    let (folder, _) = folder();
    let demand = |share: &str| {
        let text = format!("thresholds: {{fail_on: never, minimum_coverage: {share}}}\n");
        fs::write(folder.path().join("plimsoll.yaml"), text).unwrap();
    };
    demand("1.0");
    assert_eq!(scan(&simulator, folder.path(), &[]).await.code, 0);
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("s3", "ListBuckets")]);
    let unlisted = scan(&simulator, folder.path(), &[]).await;
    assert_eq!(only_json(&unlisted)["sli"]["overall"]["coverage"], 1.0);
    assert_eq!(unlisted.code, INCOMPLETE, "{}", unlisted.stderr);
    assert_eq!(run_beside(program(folder.path()), &["status"]).await.code, INCOMPLETE);
    demand("0.99");
    assert_eq!(scan(&simulator, folder.path(), &[]).await.code, 0, "the denominator does not move");
}

#[tokio::test]
async fn the_exit_code_follows_the_worst_finding_and_the_threshold() {
    let simulator = serve(small()).await;
    let (folder, _) = folder();
    let ended = scan(&simulator, folder.path(), &[]).await;
    assert_eq!(ended.code, FINDINGS, "{}", ended.stderr);
    assert_eq!(only_json(&ended)["report"], "scan");
    assert_eq!(scan(&simulator, folder.path(), &["--fail-on", "never"]).await.code, 0);
    let status = run_beside(program(folder.path()), &["status", "--format", "json"]).await;
    assert_eq!((status.code, &only_json(&status)["report"]), (FINDINGS, &"status".into()));
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_error() {
    let simulator = serve(small()).await;
    let (folder, _) = folder();
    assert_eq!(scan(&simulator, folder.path(), &[]).await.code, FINDINGS);
    for command in
        [&["findings", "--all", "--format", "json"][..], &["status"], &["rules", "list"], &["config", "show"]]
    {
        let mut child =
            program(folder.path()).args(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{command:?}");
    }
}

#[tokio::test]
async fn two_scans_on_one_ledger_wait_for_each_other() {
    let simulator = serve(small()).await;
    let (folder, ledger) = folder();
    let scans = [(); 3].map(|()| scan(&simulator, folder.path(), &[]));
    for ended in futures::future::join_all(scans).await {
        assert_eq!(ended.code, FINDINGS, "{}", ended.stderr);
    }
    let held = Ledger::open(&ledger).await.unwrap();
    assert_eq!(held.scans(9).await.unwrap().len(), 3);
    drop(held.writer("a test", Duration::ZERO).await.unwrap());
}

#[tokio::test]
async fn a_scan_that_takes_too_long_is_stopped_and_leaves_its_trace() {
    let simulator = serve(small()).await;
    let (folder, ledger) = folder();
    fs::write(
        folder.path().join("plimsoll.yaml"),
        "collect: {scan_timeout: 3s, operation_timeout: 3s, attempt_timeout: 3s, read_timeout: 3s}\n",
    )
    .unwrap();
    simulator.set_faults(vec![Fault::new(FaultKind::Hang).of_service("iam")]);
    let ended = run_beside(program_on(&simulator, folder.path()), &["scan"]).await;
    assert_refused(&ended, ERROR, &["the scan was stopped after 3 s", "help: raise collect.scan_timeout"]);
    let ledger = Ledger::open(&ledger).await.unwrap();
    assert!(ledger.last_scan().await.unwrap().is_none());
    assert_eq!(ledger.failed_scans(5).await.unwrap()[0].reason, "timed_out");
}
