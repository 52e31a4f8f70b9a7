//! `plimsoll report` and scans by framework: what is told about controls, and what is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll::controls::{self, Compliance, Idle};
use plimsoll::ledger::{FindingFilter, Ledger};
use plimsoll::model::{
    Account, AccountId, Bucket, Denial, Evaluation, Listing, PasswordPolicy, Pointer, Region, Remediation, Resource,
    ResourceId, ResourceKey, ResourceType, Rule, RuleId, SecurityGroup, Severity, Snapshot, Verdict,
};
use plimsoll::report::compliance::{Detail, csv};
use plimsoll::report::{ComplianceReport, Format, Report, Style, write};
use plimsoll::simulator::{Fault, FaultKind, Simulator};
use serde_json::Value;

use crate::estate::{demo, folder, program, program_on, run, run_beside, serve, time};

fn rule(id: &str, controls: &[&str], resource_type: ResourceType) -> Rule {
    Rule {
        id: RuleId::new(id).unwrap(),
        title: String::new(),
        description: String::new(),
        severity: Severity::High,
        severity_reason: None,
        enabled: true,
        resource_types: vec![resource_type],
        controls: BTreeMap::from([("cis-5.0".to_owned(), controls.iter().map(|&id| id.to_owned()).collect())]),
        reads: Vec::new(),
        reads_now: false,
        remediation: Remediation { text: String::new(), terraform: None, cli: None },
        related_resources: Vec::new(),
        digest: String::new(),
    }
}

fn listing(resource_type: ResourceType, complete: bool) -> Listing {
    let account = AccountId::new("111122223333").unwrap();
    Listing { account, region: Region::global(), resource_type, complete, listed_before: false }
}

/// Some controls of CIS 5.0, one in each state.
fn standing() -> Compliance {
    let place = || (AccountId::new("111122223333").unwrap(), Region::new("eu-central-1").unwrap());
    let bucket = |name: &str| {
        let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
        Resource::new(id, place().0, place().1, name, Bucket::default())
    };
    let id = ResourceId::new("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a").unwrap();
    let group = Resource::new(id, place().0, place().1, "sg-0a", SecurityGroup::default());
    let http = rule("aws-s3-tls-only", &["2.1.1"], ResourceType::Bucket);
    let public = rule("aws-s3-blocked", &["2.1.4"], ResourceType::Bucket);
    let shut = rule("aws-ec2-shut", &["5.3@ipv4", "5.4@ipv6"], ResourceType::SecurityGroup);
    let stray = rule("aws-s3-stray", &["9.9"], ResourceType::Bucket);
    let users = rule("aws-iam-users", &["1.12"], ResourceType::User);
    let groups = rule("aws-iam-list", &["1.14"], ResourceType::Group);
    let off = Idle {
        rule: rule("aws-ec2-imds", &["5.7"], ResourceType::Instance),
        reason: "rules.disabled has aws-ec2-imds".to_owned(),
    };
    let denial = |message: &str, topic: Option<&str>| Denial {
        message: message.to_owned(),
        path: Pointer::configuration("policy"),
        because: Vec::new(),
        topic: topic.map(str::to_owned),
    };
    let fail = |message: &str, topic| Verdict::Fail { denials: vec![denial(message, topic)], open: Vec::new() };
    let buckets: Vec<Resource> = ["a", "b", "c", "d", "e"].map(bucket).into();
    let mut evaluations = Vec::new();
    let mut judged = |rule: &Rule, resource: &Resource, verdict| {
        let (rule, severity) = (rule.id.clone(), rule.severity);
        evaluations.push(Evaluation { rule, severity, resource: ResourceKey::from(resource), verdict });
    };
    for bucket in &buckets {
        let verdict = match bucket.name.as_str() {
            "e" => Verdict::Unknown { causes: vec!["/configuration/policy".to_owned()] },
            "d" => Verdict::Pass,
            _ => fail("plain HTTP is let through", None),
        };
        judged(&http, bucket, verdict);
        judged(&stray, bucket, Verdict::Pass);
        let accepted = Verdict::Waived {
            denials: vec![denial("anyone may read", None)],
            open: Vec::new(),
            reason: "a website".to_owned(),
        };
        judged(&public, bucket, if bucket.name == "a" { accepted } else { Verdict::Pass });
    }
    judged(&shut, &group, fail("port 22 is open to 0.0.0.0/0", Some("ipv4")));
    let mut snapshot = Snapshot::empty(time(0));
    snapshot.resources = buckets;
    snapshot.resources.push(group);
    snapshot.listings = vec![
        listing(ResourceType::Bucket, true),
        listing(ResourceType::SecurityGroup, true),
        listing(ResourceType::User, true),
        listing(ResourceType::Group, false),
    ];
    snapshot.sort();
    let framework = controls::framework("cis-5.0").unwrap();
    let rules = [http, public, shut, stray, users, groups];
    let mut compliance = controls::assess(framework, &snapshot, &evaluations, &rules, &[off]);
    let shown = ["1.1", "1.12", "1.14", "2.1.1", "2.1.4", "3.2", "5.3", "5.4", "5.7"];
    compliance.controls.retain(|standing| shown.contains(&standing.control.id.as_str()));
    compliance
}

fn check(name: &str, written: Vec<u8>) {
    let written = String::from_utf8(written).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/compliance").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == expected, "{name} differs from what is expected; written:\n{written}");
}

#[test]
fn the_standing_by_a_framework_is_told_with_every_state() {
    let frameworks = [standing()];
    let now = time(1);
    let style = Style { width: 80, colour: false };
    for (name, detail) in [("worst.txt", Detail::Worst), ("all.txt", Detail::All), ("controls.txt", Detail::Controls)] {
        let report = Report::Compliance(ComplianceReport { frameworks: &frameworks, detail, gaps: &[], notes: &[] });
        let mut out = Vec::new();
        write(&report, Format::Table, now, style, &mut out).unwrap();
        check(name, out);
        let mut out = Vec::new();
        write(&report, Format::Json, now, style, &mut out).unwrap();
        check("standing.json", out);
    }
    let mut out = Vec::new();
    csv(&frameworks, &mut out).unwrap();
    check("standing.csv", out);
}

async fn report(simulator: &Simulator, folder: &Path) -> Value {
    let arguments = &["report", "--framework", "cis-5.0", "--format", "json"];
    let ended = run_beside(program_on(simulator, folder), arguments).await;
    serde_json::from_str(&ended.stdout).unwrap()
}

fn states(report: &Value) -> BTreeMap<String, String> {
    let controls = report["frameworks"][0]["controls"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    controls.iter().map(|control| (text(&control["id"]), text(&control["state"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_follows_the_last_scan_and_a_read_that_is_denied_makes_nothing_pass() {
    let (folder, ledger) = folder();
    let simulator = serve(demo()).await;
    let scan = &["scan", "--region", "eu-central-1"];
    run_beside(program_on(&simulator, folder.path()), scan).await;
    let before = report(&simulator, folder.path()).await;
    let before_states = states(&before);
    assert_eq!(before_states.len(), 63);
    assert_eq!(before_states["3.2"], "no_rule");
    let summary = &before["frameworks"][0]["summary"];
    let counted: u64 = summary["states"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!((counted, &summary["controls"]), (63, &63.into()));

    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("ec2", "DescribeSecurityGroups")]);
    run_beside(program_on(&simulator, folder.path()), scan).await;
    let after = states(&report(&simulator, folder.path()).await);
    for (id, state) in &after {
        assert!(state == "unknown" || *state == before_states[id], "{id}: {} became {state}", before_states[id]);
    }
    assert_eq!([&after["5.3"], &after["5.5"]], ["unknown", "unknown"]);

    // A scan by a framework leaves the ledger of all scans alone, and says so.
    let open = || async {
        let ledger = Ledger::open(&ledger).await.unwrap();
        let found = (ledger.scans(9).await.unwrap().len(), ledger.findings(&FindingFilter::default()).await.unwrap());
        ledger.close().await;
        found
    };
    let recorded = open().await;
    let by_framework = &["scan", "--region", "eu-central-1", "--framework", "cis-5.0"];
    let aside = run_beside(program_on(&simulator, folder.path()), by_framework).await;
    assert_eq!(aside.code, 10, "{}", aside.stderr);
    let said = aside.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("nothing was recorded: --framework leaves out rules"), "{said}");
    assert!(said.contains("CIS AWS Foundations Benchmark 5.0 (cis-5.0)"), "{said}");
    assert_eq!(open().await, recorded);
    let metrics = [by_framework.as_slice(), &["--metrics-file", "m.prom"]].concat();
    assert_eq!(run_beside(program_on(&simulator, folder.path()), &metrics).await.code, 2);
    let elsewhere = [by_framework.as_slice(), &["--ledger", "cis.db"]].concat();
    run_beside(program_on(&simulator, folder.path()), &elsewhere).await;
    assert!(folder.path().join("cis.db").exists());
}

#[test]
fn a_parameter_looser_than_a_control_asks_for_lets_no_control_pass() {
    let (folder, _) = folder();
    let policy = PasswordPolicy { minimum_length: 10, ..PasswordPolicy::default() };
    let account = Resource::new(
        ResourceId::new("arn:aws:iam::111122223333:root").unwrap(),
        AccountId::new("111122223333").unwrap(),
        Region::global(),
        "111122223333",
        Account { password_policy: Some(policy), ..Account::default() },
    );
    let mut snapshot = Snapshot::empty(time(0));
    snapshot.resources = vec![account];
    snapshot.listings = vec![listing(ResourceType::Account, true)];
    fs::write(folder.path().join("s.json"), serde_json::to_string(&snapshot).unwrap()).unwrap();
    let judged = |least: u32| {
        fs::write(folder.path().join("p.yaml"), format!("parameters:\n  password_minimum_length: {least}\n")).unwrap();
        let arguments = ["--framework", "cis-5.0", "--control", "1.7", "--config", "p.yaml", "--format", "json"];
        let ended = run(&mut program(folder.path()), &[&["report", "--snapshot", "s.json"], &arguments[..]].concat());
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        report["frameworks"][0]["controls"][0].clone()
    };
    assert_eq!(judged(14)["state"], "fail");
    let loose = judged(8);
    assert_eq!(loose["state"], "unknown");
    assert_eq!(loose["resources_by_state"]["pass"], 1);
    let reason = "judged with password_minimum_length = 8, and the control asks for at least 14";
    assert_eq!(loose["reasons"][0], reason);
}

#[test]
fn what_is_asked_wrongly_is_told_with_what_there_is() {
    let (folder, _) = folder();
    fs::write(folder.path().join("s.json"), serde_json::to_string(&Snapshot::empty(time(0))).unwrap()).unwrap();
    let of = |arguments: &[&str]| {
        run(&mut program(folder.path()), &[&["report", "--snapshot", "s.json"], arguments].concat())
    };
    let none = of(&[]);
    assert_eq!(none.code, 2, "{none:?}");
    assert!(none.stderr.contains("there are cis-3.0, cis-5.0, fsbp, prowler, security-hub"), "{}", none.stderr);
    assert_eq!(of(&["--framework", "cis-9"]).code, 2);
    assert_eq!(of(&["--framework", "cis-5.0", "--control", "77"]).code, 2);
    assert_eq!(run(&mut program(folder.path()), &["rules", "list", "--format", "csv"]).code, 2);

    // Nothing was listed in an empty snapshot: nothing passes.
    let empty = of(&["--framework", "cis-5.0", "--format", "json"]);
    let found = states(&serde_json::from_str(&empty.stdout).unwrap());
    assert!(found.values().all(|state| ["unknown", "manual", "no_rule"].contains(&state.as_str())), "{found:?}");
    assert_eq!(empty.code, 3);
    let table = of(&["--framework", "cis-5.0", "--format", "csv"]);
    assert!(table.stdout.starts_with("framework,control,title,"), "{}", table.stdout);
}
