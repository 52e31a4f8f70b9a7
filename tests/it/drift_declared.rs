//! `plimsoll drift --declared`: the demo account, read over its real wire format, against a
//! Terraform state of a part of it.
//!
//! `fixtures/declared/` (Terraform 1.11, schemas of AWS provider 6.25; the ids are those of the
//! demo account) holds the configuration, the state right after `apply` (parents do not yet
//! echo what hangs on them), the same state read again (now they do), and the plan that finds
//! nothing to do.

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::model::Snapshot;
use plimsoll::simulator::{self, Estate, Fault, FaultKind, InlinePolicy, Opening, Simulator};
use plimsoll::source::file;
use serde_json::{Value, json};

use crate::estate::{Ended, account, collect, demo, folder, limits, program, run, scan, serve, small, time};

const SUCCESS: i32 = 0;
const ERROR: i32 = 1;
const INCOMPLETE: i32 = 3;
const DRIFT: i32 = 11;

const BUCKET: &str = "arn:aws:s3:::nordwind-customer-exports";
const ROLE: &str = "arn:aws:iam::111122223333:role/ci/ci-deploy";
const USER: &str = "arn:aws:iam::111122223333:user/service/plimsoll-scanner";
const ORDERS: &str = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-5cd7774f88c766ca2";
const LEGACY: &str = "arn:aws:iam::111122223333:policy/legacy-ops";
/// How many resources the fixture declares.
const DECLARED: u64 = 8;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/declared").join(name)
}

fn state() -> Value {
    serde_json::from_slice(&fs::read(fixture("state.json")).unwrap()).unwrap()
}

/// What the scan of an estate leaves behind, and the comparisons made with it.
struct Scanned {
    folder: tempfile::TempDir,
}

impl Scanned {
    async fn of(estate: Estate, faults: Vec<Fault>) -> Self {
        let simulator = serve(estate).await;
        simulator.set_faults(faults);
        Self::with(&read(&simulator).await)
    }

    fn with(snapshot: &Snapshot) -> Self {
        let (folder, _) = folder();
        file::write(&folder.path().join("live.json"), snapshot).unwrap();
        Self { folder }
    }

    fn drift(&self, declared: &Path, more: &[&str]) -> Ended {
        let declared = declared.to_str().unwrap();
        let arguments = [&["drift", "--declared", declared, "--snapshot", "live.json", "--fail"], more].concat();
        run(&mut program(self.folder.path()), &arguments)
    }

    fn report(&self, declared: &Path, more: &[&str]) -> (i32, Value) {
        let ended = self.drift(declared, &[more, &["--format", "json"]].concat());
        assert!(ended.stdout.starts_with('{'), "{ended:?}");
        (ended.code, serde_json::from_str(&ended.stdout).unwrap())
    }

    /// Against a state that is written for this comparison.
    fn against(&self, state: &Value, more: &[&str]) -> (i32, Value) {
        let file = self.folder.path().join("declared.json");
        fs::write(&file, state.to_string()).unwrap();
        self.report(&file, more)
    }
}

async fn read(simulator: &Simulator) -> Snapshot {
    let keys: Vec<String> =
        simulator.look(|estate| estate.accounts.iter().map(|account| account.access_key.clone()).collect());
    let accounts: Vec<_> = keys.iter().map(|key| account(simulator, key, limits())).collect();
    collect(&accounts, time(0)).await.unwrap().snapshot
}

/// Ids of the resources listed under a key.
fn ids<'a>(report: &'a Value, key: &str) -> Vec<&'a str> {
    report[key].as_array().unwrap().iter().map(|one| one["resource"]["id"].as_str().unwrap()).collect()
}

fn sorted(mut ids: Vec<&str>) -> Vec<&str> {
    ids.sort_unstable();
    ids
}

fn one<'a>(report: &'a Value, key: &str, id: &str) -> &'a Value {
    let found = report[key].as_array().unwrap().iter().find(|one| one["resource"]["id"] == id);
    assert!(found.is_some(), "{id} is not {key} in {report:#}");
    found.unwrap()
}

fn resource_mut<'a>(state: &'a mut Value, address: &str) -> &'a mut Value {
    let resources = state["values"]["root_module"]["resources"].as_array_mut().unwrap();
    let at = resources.iter().position(|resource| resource["address"] == address).unwrap();
    &mut resources[at]
}

#[tokio::test]
async fn right_after_apply_nothing_is_drift_whatever_the_parents_echo() {
    let scanned = Scanned::of(demo(), Vec::new()).await;
    for file in ["applied.json", "state.json", "plan.json"] {
        let (code, report) = scanned.report(&fixture(file), &["--no-unmanaged"]);
        assert_eq!(code, SUCCESS, "{file}: {report:#}");
        assert_eq!(
            report["counts"]["same"],
            DECLARED,
            "{file}: {:#}",
            json!([report["changed"], report["not_comparable"]])
        );
        assert_eq!(report["declared"], DECLARED, "{file}");
    }
    let text = scanned.drift(&fixture("state.json"), &["--no-unmanaged"]).stdout;
    assert!(text.contains("8 declared resources of the state against 2026-11-22 12:00 UTC: 8 as declared"), "{text}");
}

#[tokio::test]
async fn what_was_changed_outside_is_told_with_its_direction_and_a_proof() {
    let mut estate = demo();
    simulator::attack(&mut estate);
    let scanned = Scanned::of(estate, Vec::new()).await;
    for file in ["applied.json", "state.json", "plan.json"] {
        let (code, report) = scanned.report(&fixture(file), &["--no-unmanaged"]);
        assert_eq!(code, DRIFT, "{file}");
        let changed = sorted(ids(&report, "changed"));
        assert_eq!(changed, [ORDERS, ROLE, BUCKET], "{file}: {:#}", report["changed"]);
        for id in changed {
            assert_eq!(one(&report, "changed", id)["change"]["direction"], "widened", "{file}: {id}");
        }
        let ingress = &one(&report, "changed", ORDERS)["change"]["fields"][0];
        assert_eq!(
            (&ingress["path"], &ingress["gained"][0]),
            (&"/configuration/ingress".into(), &"tcp 22 from 0.0.0.0/0".into())
        );
        assert!(ingress["gained_witness"].is_object(), "{ingress:#}");
        let bucket = one(&report, "changed", BUCKET);
        assert_eq!(bucket["address"], "aws_s3_bucket.exports");
        let places: Vec<&str> = bucket["change"]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["path"].as_str().unwrap())
            .collect();
        assert!(places.contains(&"/configuration/policy") && places.contains(&"/facts/public"), "{places:?}");
    }
    let text = scanned.drift(&fixture("state.json"), &["--only", "changed"]);
    assert_eq!(text.code, DRIFT);
    for wanted in [
        "Changed outside Terraform (3)",
        "declared as aws_security_group.orders",
        "tcp 22 from 1.0.0.1 may now come in",
        "3 of what is told here widened access",
    ] {
        assert!(text.stdout.contains(wanted), "{wanted:?} is not in:\n{}", text.stdout);
    }
}

#[tokio::test]
async fn what_is_declared_and_gone_is_missing_only_on_a_whole_list() {
    let gone = || {
        let mut estate = demo();
        let account = estate.first_mut().unwrap();
        account.buckets.retain(|bucket| bucket.name != "nordwind-customer-exports");
        account.roles.retain(|role| role.name != "ci-deploy");
        estate
    };
    let (code, report) = Scanned::of(gone(), Vec::new()).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!((code, sorted(ids(&report, "missing"))), (DRIFT, vec![ROLE, BUCKET]));
    assert_eq!(one(&report, "missing", ROLE)["change"]["kind"], "removed");

    let denied = vec![Fault::new(FaultKind::Denied).of("s3", "ListBuckets")];
    let (_, report) = Scanned::of(gone(), denied).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!(ids(&report, "missing"), [ROLE]);
    let reason = one(&report, "not_comparable", BUCKET)["reason"].as_str().unwrap();
    assert!(reason.contains("AWS::S3::Bucket in 111122223333") && reason.contains("is not whole"), "{reason}");
}

#[tokio::test]
async fn what_is_live_and_not_declared_is_unmanaged_but_for_what_aws_makes() {
    let scanned = Scanned::of(demo(), Vec::new()).await;
    let (code, report) = scanned.report(&fixture("state.json"), &[]);
    assert_eq!(code, DRIFT);
    let unmanaged = ids(&report, "unmanaged");
    let (_, planned) = scanned.report(&fixture("plan.json"), &[]);
    assert_eq!(ids(&planned, "unmanaged"), unmanaged);
    assert!(unmanaged.contains(&"arn:aws:s3:::nordwind-payments-ledger"), "{unmanaged:?}");
    assert!(unmanaged.contains(&"arn:aws:s3:::nordwind-payments-ledger-replica"), "buckets of every region");
    for declared in [BUCKET, ROLE, USER, ORDERS] {
        assert!(!unmanaged.contains(&declared), "{declared}");
    }
    for id in &unmanaged {
        assert!(!id.contains("/aws-service-role/") && !id.contains("::aws:policy/"), "{id}");
        assert!(!id.contains("sg-2f78990cbdb1d7f88"), "a default group");
        assert!(!id.contains(":us-east-1:"), "no security group is declared there: {id}");
        assert!(!id.contains(":vpc/") && !id.contains(":root"), "not of a declared type: {id}");
    }
    assert!(report["made_by_aws"].as_u64().unwrap() > 0, "{}", report["made_by_aws"]);
    let (code, quiet) = scanned.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!((code, ids(&quiet, "unmanaged").len()), (SUCCESS, 0));
    assert_eq!(quiet["counts"]["unmanaged"], unmanaged.len(), "still counted");
}

#[tokio::test]
async fn what_was_not_read_is_never_the_same() {
    let denied = vec![Fault::new(FaultKind::Denied).of("s3", "GetBucketPolicy")];
    let (code, report) = Scanned::of(demo(), denied).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!(code, INCOMPLETE, "one of eight is below the minimum coverage");
    let bucket = one(&report, "not_comparable", BUCKET);
    let place = &bucket["not_compared"][0];
    assert_eq!(place["path"], "/configuration/policy", "{bucket:#}");
    assert_eq!(place["note"], "live, not read: GetBucketPolicy denied");
    assert_eq!(report["counts"]["same"], DECLARED - 1);

    // What could be read is compared all the same.
    let mut estate = demo();
    simulator::attack(&mut estate);
    let denied = vec![Fault::new(FaultKind::Denied).of("s3", "GetBucketPolicy")];
    let (code, report) = Scanned::of(estate, denied).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!(code, DRIFT);
    assert_eq!(one(&report, "changed", BUCKET)["not_compared"][0]["path"], "/configuration/policy");

    // Nothing of the account was read: no verdict, with or without --fail.
    let empty = Scanned::with(&Snapshot::empty(time(0)));
    let (code, report) = empty.report(&fixture("state.json"), &[]);
    assert_eq!((code, &report["counts"]["not_comparable"]), (INCOMPLETE, &DECLARED.into()), "{report:#}");
    let arguments =
        ["drift", "--declared", fixture("state.json").to_str().unwrap(), "--snapshot", "live.json"].map(str::to_owned);
    let ended = run(&mut program(empty.folder.path()), &arguments.each_ref().map(String::as_str));
    assert_eq!(ended.code, INCOMPLETE);
    assert!(ended.stdout.contains("nothing that is declared could be compared"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_stale_resource_is_not_compared() {
    let simulator = serve(demo()).await;
    let mut snapshot = read(&simulator).await;
    let bucket = snapshot.resources.iter_mut().find(|resource| resource.id.as_str() == BUCKET).unwrap();
    bucket.stale_since = Some(time(-1));
    let (code, report) = Scanned::with(&snapshot).report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!(code, INCOMPLETE);
    assert_eq!(one(&report, "not_comparable", BUCKET)["reason"], "it was not read since 2026-11-22T11:45:00Z");
}

#[tokio::test]
async fn a_bucket_of_the_same_name_in_another_account_is_another_bucket() {
    let other = || {
        let mut account = demo().accounts.remove(0);
        account.id = "444455556666".to_owned();
        account.access_key = "AKIAOTHERACCOUNT0000".to_owned();
        account
    };
    let mut estate = demo();
    estate.accounts.push(other());
    let open = &mut estate.account_mut("444455556666").unwrap().buckets[0];
    assert_eq!(open.name, "nordwind-customer-exports");
    open.access_block = None;
    let (code, report) = Scanned::of(estate, Vec::new()).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!((code, &report["counts"]["same"]), (SUCCESS, &DECLARED.into()), "{:#}", report["changed"]);
    let unmanaged = Scanned::of(demo(), Vec::new()).await.report(&fixture("state.json"), &[]).1;
    assert!(unmanaged["unmanaged"].as_array().unwrap().iter().all(|one| one["resource"]["account"] == "111122223333"));

    // Gone here and live there: it may have been declared there, and it may have been taken over.
    let mut estate = demo();
    estate.first_mut().unwrap().buckets.remove(0);
    estate.accounts.push(other());
    let (_, report) = Scanned::of(estate, Vec::new()).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    let reason = one(&report, "not_comparable", BUCKET)["reason"].as_str().unwrap();
    assert!(reason.starts_with("live in 444455556666 eu-central-1"), "{reason}");

    // A state that tells no account at all, and two in which it may be.
    let mut alone = state();
    alone["values"]["root_module"]["resources"]
        .as_array_mut()
        .unwrap()
        .retain(|resource| resource["type"].as_str().unwrap().starts_with("aws_s3"));
    let mut estate = demo();
    estate.accounts.push(other());
    let (code, report) = Scanned::of(estate, Vec::new()).await.against(&alone, &[]);
    assert_eq!(code, INCOMPLETE, "{report:#}");
    assert!(one(&report, "not_comparable", BUCKET)["reason"].as_str().unwrap().starts_with("2 live resources"));
    assert_eq!(ids(&report, "unmanaged"), [""; 0]);
    let (code, report) = Scanned::of(demo(), Vec::new()).await.against(&alone, &["--no-unmanaged"]);
    assert_eq!((code, &report["counts"]["same"]), (SUCCESS, &1.into()), "{report:#}");
    assert!(report["notes"][0].as_str().unwrap().contains("111122223333"), "{}", report["notes"]);
}

#[tokio::test]
async fn an_echo_of_what_is_gone_is_no_drift_and_one_of_what_is_there_is_not_counted_twice() {
    let scanned = Scanned::of(demo(), Vec::new()).await;
    let mut stale = state();
    let entry = json!({"cidr_blocks": ["10.9.0.0/16"], "description": "", "from_port": 22, "ipv6_cidr_blocks": [],
        "prefix_list_ids": [], "protocol": "tcp", "security_groups": [], "self": false, "to_port": 22});
    let orders = &mut resource_mut(&mut stale, "aws_security_group.orders")["values"]["ingress"];
    orders.as_array_mut().unwrap().push(entry.clone());
    let arns = &mut resource_mut(&mut stale, "aws_iam_role.ci")["values"]["managed_policy_arns"];
    arns.as_array_mut().unwrap().push(LEGACY.into());
    let (code, report) = scanned.against(&stale, &["--no-unmanaged"]);
    assert_eq!((code, &report["counts"]["same"]), (SUCCESS, &DECLARED.into()), "{:#}", report["changed"]);
    assert_eq!(report["beyond"], json!([]), "nothing twice");

    // Attached by somebody else before the state was read again: the state has no resource for it.
    let mut estate = demo();
    let role = estate.first_mut().unwrap().roles.iter_mut().find(|role| role.name == "ci-deploy").unwrap();
    role.attached.push(LEGACY.to_owned());
    let attached = Scanned::of(estate, Vec::new()).await;
    let (code, report) = attached.against(&stale, &["--no-unmanaged"]);
    assert_eq!((code, &one(&report, "beyond", ROLE)["beyond"][0]["note"]), (SUCCESS, &LEGACY.into()));
    let (code, report) = attached.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!((code, ids(&report, "changed")), (DRIFT, vec![ROLE]));

    // A rule inside a group that has none beside it is declared.
    let mut inside = state();
    let edge = &mut resource_mut(&mut inside, "aws_security_group.edge")["values"]["ingress"];
    edge.as_array_mut().unwrap().push(entry);
    let (code, report) = scanned.against(&inside, &["--no-unmanaged"]);
    assert_eq!((code, ids(&report, "changed").len()), (DRIFT, 1), "{report:#}");
    assert_eq!(report["changed"][0]["change"]["direction"], "narrowed");
}

#[tokio::test]
async fn what_a_state_cannot_tell_of_a_user_is_listed_and_what_it_can_is_compared() {
    let mut estate = demo();
    let account = estate.first_mut().unwrap();
    let user = account.users.iter_mut().find(|user| user.name == "plimsoll-scanner").unwrap();
    user.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    let scanned = Scanned::of(estate, Vec::new()).await;
    let (code, report) = scanned.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!(code, SUCCESS, "{:#}", report["changed"]);
    let beyond = &one(&report, "beyond", USER)["beyond"];
    assert_eq!(beyond[0]["note"], "arn:aws:iam::aws:policy/AdministratorAccess", "{beyond:#}");
    let text = scanned.drift(&fixture("state.json"), &["--no-unmanaged"]).stdout;
    assert!(text.contains("with more than Terraform manages of it") && text.contains("AdministratorAccess"), "{text}");

    let mut estate = demo();
    let account = estate.first_mut().unwrap();
    account.users.iter_mut().find(|user| user.name == "plimsoll-scanner").unwrap().attached.remove(0);
    account.groups.iter_mut().find(|group| group.name == "finance").unwrap().inline.clear();
    let role = account.roles.iter_mut().find(|role| role.name == "ci-deploy").unwrap();
    let document =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}});
    role.inline.push(InlinePolicy { name: "later".to_owned(), document });
    let (code, report) = Scanned::of(estate, Vec::new()).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!((code, ids(&report, "changed").len()), (DRIFT, 3), "{:#}", report["changed"]);
    for (id, direction) in
        [(USER, "narrowed"), ("arn:aws:iam::111122223333:group/finance", "narrowed"), (ROLE, "widened")]
    {
        assert_eq!(one(&report, "changed", id)["change"]["direction"], direction, "{id}");
    }
}

#[tokio::test]
async fn a_rule_added_beside_separate_rules_is_a_change() {
    let mut estate = demo();
    let groups = &mut estate.first_mut().unwrap().regions.get_mut("eu-central-1").unwrap().security_groups;
    let database = groups.iter_mut().find(|group| group.name == "orders-db").unwrap();
    database.ingress.push(Opening {
        protocol: "tcp".to_owned(),
        ports: Some((5432, 5432)),
        peers: vec!["198.51.100.0/24".to_owned()],
        description: None,
    });
    let scanned = Scanned::of(estate, Vec::new()).await;
    for file in ["applied.json", "state.json", "plan.json"] {
        let (code, report) = scanned.report(&fixture(file), &["--no-unmanaged"]);
        assert_eq!((code, ids(&report, "changed").len()), (DRIFT, 1), "{file}: {report:#}");
        let field = &report["changed"][0]["change"]["fields"][0];
        assert_eq!(field["gained"], json!(["tcp 5432 from 198.51.100.0/24"]), "{file}");
    }
}

#[tokio::test]
async fn sensitive_values_are_compared_and_not_printed() {
    let mut estate = demo();
    simulator::attack(&mut estate);
    let scanned = Scanned::of(estate, Vec::new()).await;
    let mut secret = state();
    let role = resource_mut(&mut secret, "aws_iam_role.ci");
    role["sensitive_values"]["assume_role_policy"] = true.into();
    role["sensitive_values"]["tags_all"] = true.into();
    role["values"]["tags_all"]["team"] = "hunter2-team".into();
    let (code, report) = scanned.against(&secret, &["--no-unmanaged"]);
    assert_eq!(code, DRIFT);
    let role = one(&report, "changed", ROLE);
    assert!(role.to_string().contains("(sensitive)"), "{role:#}");
    let file = scanned.folder.path().join("declared.json");
    let text = scanned.drift(&file, &["--only", "changed,missing"]).stdout;
    for hidden in ["hunter2-team", "repo:nordwind/platform"] {
        assert!(!report.to_string().contains(hidden) && !text.contains(hidden), "{hidden} in {role:#}\n{text}");
    }
}

#[tokio::test]
async fn a_file_that_declares_nothing_says_what_it_is() {
    let scanned = Scanned::of(demo(), Vec::new()).await;
    let (code, report) = scanned.against(&json!({"format_version": "1.0", "terraform_version": "1.11.4"}), &[]);
    assert_eq!((code, &report["declared"]), (INCOMPLETE, &0.into()));
    let file = scanned.folder.path().join("terraform.tfstate");
    for (content, expected) in [
        (
            r#"{"version":4,"terraform_version":"1.11.4","lineage":"x","resources":[]}"#,
            "a Terraform state as it is stored",
        ),
        (r#"{"format_version":"2.0","values":{}}"#, "2.x is newer"),
        (r#"{"hello":"world"}"#, "not a Terraform plan"),
        ("resource \"aws_s3_bucket\" \"b\" {\n}\n", "configuration (HCL)"),
    ] {
        fs::write(&file, content).unwrap();
        let ended = scanned.drift(&file, &[]);
        assert_eq!(ended.code, ERROR, "{ended:?}");
        assert!(ended.stderr.contains(expected) && ended.stderr.contains("help: "), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn settings_of_an_account_are_compared_as_far_as_they_are_declared() {
    let mut declared = state();
    let resources = declared["values"]["root_module"]["resources"].as_array_mut().unwrap();
    resources.push(json!({
        "address": "aws_iam_account_password_policy.this", "mode": "managed", "name": "this",
        "type": "aws_iam_account_password_policy",
        "values": {"minimum_password_length": 8, "require_numbers": true, "require_lowercase_characters": true,
            "require_symbols": false, "require_uppercase_characters": false, "allow_users_to_change_password": true,
            "max_password_age": 0, "password_reuse_prevention": null, "hard_expiry": false, "id": "iam"},
    }));
    // A rule for a group that another state declares, of an account and region that nobody tells.
    let rule = json!({
        "address": "aws_security_group_rule.foreign", "mode": "managed", "name": "foreign",
        "type": "aws_security_group_rule",
        "values": {"type": "ingress", "security_group_id": "sg-30afa8f193cae019f", "protocol": "tcp",
            "from_port": 5432, "to_port": 5432, "source_security_group_id": "sg-af2ad12a7a21f64b1",
            "description": "from the API"},
    });
    resources.push(rule);
    let (code, report) = Scanned::of(demo(), Vec::new()).await.against(&declared, &["--no-unmanaged"]);
    let told = json!([report["changed"], report["not_comparable"]]);
    assert_eq!((code, &report["counts"]["same"]), (SUCCESS, &(DECLARED + 2).into()), "{told:#}");

    let mut estate = demo();
    let account = estate.first_mut().unwrap();
    account.password_policy.as_mut().unwrap().minimum_length = 6;
    for group in &mut account.regions.get_mut("eu-central-1").unwrap().security_groups {
        if group.name == "payments-db" {
            group.ingress.clear();
        }
    }
    let (code, report) = Scanned::of(estate, Vec::new()).await.against(&declared, &["--no-unmanaged"]);
    assert_eq!(code, DRIFT);
    let changes: Vec<(&Value, &Value)> = report["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["address"], &one["change"]["direction"]))
        .collect();
    assert_eq!(
        changes,
        [
            (&"aws_iam_account_password_policy.this".into(), &"widened".into()),
            (&"aws_security_group_rule.foreign".into(), &"narrowed".into()),
        ],
        "{report:#}"
    );
}

#[tokio::test]
async fn what_a_plan_is_still_to_do_is_said_to_be_pending() {
    let mut plan: Value = serde_json::from_slice(&fs::read(fixture("plan.json")).unwrap()).unwrap();
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        if change["address"] == "aws_vpc_security_group_egress_rule.orders" {
            change["change"]["actions"] = json!(["update"]);
            change["change"]["after"]["cidr_ipv4"] = "10.0.0.0/8".into();
        }
        if change["address"] == "aws_security_group.orders" {
            change["change"]["actions"] = json!(["update"]);
        }
    }
    let (code, report) = Scanned::of(demo(), Vec::new()).await.against(&plan, &["--no-unmanaged"]);
    assert_eq!((code, ids(&report, "changed")), (DRIFT, vec![ORDERS]), "{report:#}");
    assert!(report["changed"][0]["reason"].as_str().unwrap().ends_with("may not be applied yet"));
}

#[tokio::test]
async fn a_bucket_that_was_made_anew_in_another_region_is_changed() {
    let mut estate = demo();
    estate.first_mut().unwrap().buckets[0].region = "us-east-1".to_owned();
    let (code, report) = Scanned::of(estate, Vec::new()).await.report(&fixture("state.json"), &["--no-unmanaged"]);
    assert_eq!((code, ids(&report, "changed")), (DRIFT, vec![BUCKET]));
    let field = &report["changed"][0]["change"]["fields"][0];
    assert_eq!(
        (&field["path"], &field["old"], &field["new"]),
        (&"/region".into(), &"eu-central-1".into(), &"us-east-1".into())
    );
}

#[tokio::test]
async fn what_terraform_still_knows_is_not_unmanaged_and_a_part_of_a_plan_tells_of_none() {
    let scanned = Scanned::of(demo(), Vec::new()).await;
    let is_unmanaged = |report: &Value| ids(report, "unmanaged").contains(&ORDERS);
    let mut bare = state();
    let resources = bare["values"]["root_module"]["resources"].as_array_mut().unwrap();
    resources.retain(|resource| !resource["address"].as_str().unwrap().ends_with(".orders"));
    assert!(is_unmanaged(&scanned.against(&bare, &[]).1));

    let mut deposed = state();
    resource_mut(&mut deposed, "aws_security_group.orders")["deposed_key"] = "4e1b5b4e".into();
    deposed["values"]["root_module"]["resources"]
        .as_array_mut()
        .unwrap()
        .retain(|resource| !resource["address"].as_str().unwrap().ends_with("_rule.orders"));
    assert!(!is_unmanaged(&scanned.against(&deposed, &[]).1), "left behind by a replacement");

    let mut plan: Value = serde_json::from_slice(&fs::read(fixture("plan.json")).unwrap()).unwrap();
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        if change["address"] == "aws_security_group.orders" {
            change["change"]["actions"] = json!(["delete"]);
            change["change"]["after"] = Value::Null;
        }
    }
    assert!(!is_unmanaged(&scanned.against(&plan, &[]).1), "about to be deleted");
    plan["errored"] = true.into();
    let report = scanned.against(&plan, &[]).1;
    assert_eq!(ids(&report, "unmanaged"), [""; 0]);
    assert!(
        report["notes"].to_string().contains("what is unmanaged is not told: planning failed"),
        "{}",
        report["notes"]
    );
}

#[tokio::test]
async fn without_a_snapshot_file_the_last_scan_of_the_ledger_counts() {
    let (folder, ledger) = folder();
    let simulator = serve(small()).await;
    scan(&simulator, &ledger, time(0)).await;
    simulator.change(|estate| _ = simulator::attack(estate));
    scan(&simulator, &ledger, time(1)).await;
    let state = fixture("state.json");
    let arguments = ["drift", "--declared", state.to_str().unwrap(), "--format", "json", "--only", "changed,missing"];
    let ended = run(&mut program(folder.path()), &arguments);
    assert_eq!(ended.code, SUCCESS, "without --fail: {ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(sorted(ids(&report, "changed")), [ORDERS, ROLE, BUCKET]);
    assert_eq!((&report["taken_at"], &report["report"]), (&"2026-11-22T12:15:00Z".into(), &"declared_drift".into()));
}

#[tokio::test]
async fn what_aws_and_the_provider_say_in_two_ways_is_no_drift() {
    let mut estate = demo();
    let bucket = &mut estate.first_mut().unwrap().buckets[0];
    bucket.versioning = Some("Suspended".to_owned());
    bucket.tags.insert("aws:cloudformation:stack-name".to_owned(), "exports".to_owned());
    let scanned = Scanned::of(estate, Vec::new()).await;
    // Without a resource for it, a suspended bucket reads back as `enabled = false`.
    let mut declared = state();
    declared["values"]["root_module"]["resources"]
        .as_array_mut()
        .unwrap()
        .retain(|resource| resource["type"] != "aws_s3_bucket_versioning");
    resource_mut(&mut declared, "aws_s3_bucket.exports")["values"]["versioning"] =
        json!([{"enabled": false, "mfa_delete": false}]);
    let (code, report) = scanned.against(&declared, &["--no-unmanaged"]);
    assert_eq!((code, &report["counts"]["same"]), (SUCCESS, &DECLARED.into()), "{:#}", report["changed"]);

    resource_mut(&mut declared, "aws_s3_bucket.exports")["values"]["versioning"] =
        json!([{"enabled": true, "mfa_delete": false}]);
    resource_mut(&mut declared, "aws_s3_bucket.exports")["values"]["tags_all"]["cost"] = "42".into();
    let (_, report) = scanned.against(&declared, &["--no-unmanaged"]);
    let fields = report["changed"][0]["change"]["fields"].as_array().unwrap();
    let places: Vec<(&Value, &Value)> = fields.iter().map(|field| (&field["path"], &field["direction"])).collect();
    assert_eq!(
        places,
        [(&"/configuration/versioning/status".into(), &"widened".into()), (&"/tags/cost".into(), &"neutral".into()),]
    );
}
