//! `plimsoll gate PLAN --ledger FILE | --snapshot FILE`: what the plan does not hold of what exists
//! comes from the last scan, and nothing else does.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use plimsoll::model::{
    Account, AccountId, Bucket, BucketObserved, Configuration, Group, InlinePolicy, Listing, ManagedPolicy, Pointer,
    PrefixList, PublicAccessBlock, Region, Resource, ResourceId, ResourceType, Role, SecurityGroup, Snapshot, User,
};
use plimsoll::simulator::Estate;
use plimsoll::source::file;
use plimsoll::source::terraform::{Filling, read_plan};
use serde_json::{Value, json};

use crate::estate::{Ended, account, folder, limits, program, run, run_beside, scan_accounts, serve, time};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";
const OPEN: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: false,
    ignore_public_acls: false,
    block_public_policy: false,
    restrict_public_buckets: false,
};
const SHUT: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

fn fixture(name: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("terraform-fixtures").join(name).join(file)
}

fn fixture_json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(fixture(name, "plan.json")).unwrap()).unwrap()
}

/// A live resource of the account.
fn live(arn: &str, name: &str, region: &str, configuration: impl Into<Configuration>) -> Resource {
    let (account, region) = (AccountId::new(ACCOUNT).unwrap(), Region::new(region).unwrap());
    Resource::new(ResourceId::new(arn).unwrap(), account, region, name, configuration)
}

fn live_bucket(name: &str, bucket: Bucket) -> Resource {
    live(&format!("arn:aws:s3:::{name}"), name, REGION, bucket)
}

fn live_account(block: Option<PublicAccessBlock>) -> Resource {
    let configuration = Account { s3_public_access_block: block, ..Account::default() };
    live(&format!("arn:aws:iam::{ACCOUNT}:root"), ACCOUNT, "global", configuration)
}

/// A scan of these resources and of nothing else.
fn scan(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
    let mut snapshot = Snapshot::empty("2026-11-22T00:00:00Z".parse().unwrap());
    snapshot.resources.extend(resources);
    let (account, region) = (AccountId::new(ACCOUNT).unwrap(), Region::global());
    let resource_type = ResourceType::Bucket;
    snapshot.listings.push(Listing { account, region, resource_type, complete: true, listed_before: false });
    snapshot.sort();
    snapshot
}

/// Both sides of a plan beside a scan.
fn beside(plan: &Value, live: &Snapshot) -> (Snapshot, Snapshot, Filling) {
    read_plan(plan.to_string().as_bytes()).unwrap().snapshots_beside(live, Timestamp::UNIX_EPOCH)
}

fn of_type(snapshot: &Snapshot, resource_type: ResourceType) -> &Resource {
    snapshot.resources.iter().find(|resource| resource.resource_type == resource_type).unwrap()
}

fn is_unknown(resource: &Resource, attribute: &str) -> bool {
    resource.unknown.iter().any(|place| place.overlaps(&Pointer::configuration(attribute)))
}

fn bucket_of(resource: &Resource) -> &Bucket {
    let Configuration::Bucket(bucket) = &resource.configuration else { unreachable!("{resource:?} is no bucket") };
    bucket
}

/// The gate on a plan and a snapshot, as a person asks it; with `--format json`.
fn gate(plan: &Value, live: &Snapshot, more: &[&str]) -> (Ended, Value) {
    let (folder, _) = folder();
    let (plan_file, snapshot) = (folder.path().join("plan.json"), folder.path().join("live.json"));
    std::fs::write(&plan_file, plan.to_string()).unwrap();
    file::write(&snapshot, live).unwrap();
    let (plan_file, snapshot) = (plan_file.to_str().unwrap(), snapshot.to_str().unwrap());
    let fixed = ["gate", plan_file, "--snapshot", snapshot, "--format", "json"];
    let arguments: Vec<&str> = fixed.into_iter().chain(more.iter().copied()).collect();
    let ended = run(&mut program(folder.path()), &arguments);
    assert!(ended.stdout.starts_with('{'), "{}{}", ended.stdout, ended.stderr);
    let report = serde_json::from_str(&ended.stdout).unwrap();
    (ended, report)
}

/// What the plan does to a rule of the resource at an address.
pub(crate) fn effect<'a>(report: &'a Value, rule: &str, address: &str) -> Option<&'a str> {
    let findings = report["findings"].as_array().unwrap();
    let of = findings.iter().find(|finding| finding["rule"] == rule && finding["address"] == address);
    of.map(|finding| finding["effect"].as_str().unwrap())
}

/// A plan with a provider configuration, an account that it tells, and changes of one resource
/// each: Terraform type, address, before and after.
pub(crate) fn plan(changes: &[(&str, Value, Value)]) -> Value {
    let provider = json!({"name": "aws", "expressions": {"region": {"constant_value": REGION}}});
    let caller = json!({"address": "data.aws_caller_identity.c", "mode": "data", "type": "aws_caller_identity",
        "name": "c", "values": {"account_id": ACCOUNT}});
    let block = |address: &str, mode: &str| {
        let mut parts = address.trim_start_matches("data.").split('.');
        json!({"mode": mode, "type": parts.next(), "name": parts.next(), "provider_config_key": "aws",
               "expressions": {}})
    };
    let mut blocks = vec![block("data.aws_caller_identity.c", "data")];
    let mut prior = vec![caller];
    let mut planned = Vec::new();
    for (address, before, after) in changes {
        let (kind, name) = address.split_once('.').unwrap();
        let actions = match (before, after) {
            (Value::Null, _) => "create",
            (_, Value::Null) => "delete",
            (before, after) if before == after => "no-op",
            _ => "update",
        };
        blocks.push(block(address, "managed"));
        planned.push(json!({"address": address, "mode": "managed", "type": kind, "name": name,
            "change": {"actions": [actions], "before": before, "after": after, "after_unknown": {}}}));
        if !before.is_null() {
            prior.push(json!({"address": address, "mode": "managed", "type": kind, "name": name, "values": before}));
        }
    }
    json!({"format_version": "1.2", "planned_values": {}, "resource_changes": planned,
        "prior_state": {"values": {"root_module": {"resources": prior}}},
        "configuration": {"provider_config": {"aws": provider}, "root_module": {"resources": blocks}},
        "complete": true, "errored": false})
}

#[tokio::test]
async fn the_last_scan_in_a_ledger_tells_what_the_plan_does_not_hold() {
    let simulated = serde_json::from_value(json!({
        "id": ACCOUNT, "access_key": "AKIAFILL000000000000", "caller": "reader",
        "buckets": [{"name": "fixture-media", "region": REGION, "created_days_ago": 3, "ownership": "ObjectWriter",
                     "encryption": "AES256", "versioning": "Enabled"}],
        "regions": {REGION: {}},
    }));
    let simulator = serve(Estate::of(vec![simulated.unwrap()], time(0)).unwrap()).await;
    let (folder, ledger) = folder();
    let accounts = [account(&simulator, &simulator.access_key(), limits())];
    scan_accounts(&accounts, &ledger, time(0)).await.unwrap();
    let plan = fixture("unchanged_after_apply", "plan.json");
    let (plan, ledger) = (plan.to_str().unwrap(), ledger.to_str().unwrap());
    let rule = "aws-s3-acls-disabled";

    let alone = run_beside(program(folder.path()), &["gate", plan, "--format", "json"]).await;
    let alone: Value = serde_json::from_str(&alone.stdout).unwrap();
    assert_eq!(effect(&alone, rule, "aws_s3_bucket.media"), Some("unknown"), "the ledger of this folder is not asked");
    assert_eq!(alone["filled"], Value::Null);

    let filled = run_beside(program(folder.path()), &["gate", plan, "--ledger", ledger, "--format", "json"]).await;
    let filled: Value = serde_json::from_str(&filled.stdout).unwrap_or_else(|_| panic!("{}", filled.stderr));
    assert_eq!(effect(&filled, rule, "aws_s3_bucket.media"), Some("still_failing"));
    let told = &filled["filled"];
    assert_eq!(told["from"], format!("ledger {ledger}"));
    assert_eq!(told["taken_at"], json!(time(0)));
    assert!(told["age_seconds"].is_i64() && told["places"].as_u64() >= Some(2), "{told}");
    assert!(told["beside"].as_u64() >= Some(1), "the account is beside the plan: {told}");

    let table = run_beside(program(folder.path()), &["gate", plan, "--ledger", ledger]).await;
    let said = table.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("filled from ledger {ledger}, taken 2026-11-22T12:00:00Z")), "{said}");
}

#[test]
fn a_scan_that_does_not_exist_is_an_error() {
    let (folder, _) = folder();
    let plan = fixture("unchanged_after_apply", "plan.json");
    for (argument, said) in [("--ledger", "there is no ledger nowhere"), ("--snapshot", "cannot read snapshot nowhere")]
    {
        let ended = run(&mut program(folder.path()), &["gate", plan.to_str().unwrap(), argument, "nowhere"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{argument}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!folder.path().join("nowhere").exists());
    }
}

/// The bucket of `unchanged_after_apply` beside a scan that has it like this.
fn ownership_of(bucket: Resource) -> (Option<String>, bool, Filling) {
    let (_, after, filling) = beside(&fixture_json("unchanged_after_apply"), &scan([bucket]));
    let found = of_type(&after, ResourceType::Bucket);
    (bucket_of(found).ownership.clone(), is_unknown(found, "ownership"), filling)
}

#[test]
fn what_the_scan_did_not_read_and_what_is_of_another_account_stays_unknown() {
    let enforced = || Bucket { ownership: Some("BucketOwnerEnforced".to_owned()), ..Bucket::default() };
    let (ownership, unknown, filling) = ownership_of(live_bucket("fixture-media", enforced()));
    assert_eq!((ownership.as_deref(), unknown), (Some("BucketOwnerEnforced"), false));
    assert_eq!((filling.resources, filling.notes.len()), (1, 0));

    let mut stale = live_bucket("fixture-media", enforced());
    stale.stale_since = Some(Timestamp::UNIX_EPOCH);
    assert!(ownership_of(stale).1);

    let mut unread = live_bucket("fixture-media", Bucket::default());
    unread.mark_unknown(Pointer::configuration("ownership"));
    let (ownership, unknown, filling) = ownership_of(unread);
    assert_eq!((ownership, unknown), (None, true));
    assert!(filling.places >= 1, "notifications were read");

    let mut foreign = live_bucket("fixture-media", enforced());
    foreign.account = AccountId::new("999988887777").unwrap();
    let (_, unknown, filling) = ownership_of(foreign);
    assert_eq!((unknown, filling.places), (true, 0));

    let mut elsewhere = live_bucket("fixture-media", enforced());
    elsewhere.region = Region::new("us-east-1").unwrap();
    assert!(ownership_of(elsewhere).1);
}

#[test]
fn an_account_that_the_ledger_did_not_scan_is_named() {
    let mut other = scan([]);
    other.listings[0].account = AccountId::new("999988887777").unwrap();
    let (_, _, filling) = beside(&fixture_json("unchanged_after_apply"), &other);
    assert_eq!(filling.places, 0);
    assert_eq!(filling.notes, [format!("account {ACCOUNT} of the plan is not in the scan")]);
}

#[test]
fn what_is_made_anew_has_nothing_of_the_one_that_had_its_name() {
    let before = Bucket {
        ownership: Some("ObjectWriter".to_owned()),
        observed: Some(BucketObserved { policy_is_public: Some(true) }),
        ..Bucket::default()
    };
    let both = ["fixture-old-name", "fixture-new-name"].map(|name| live_bucket(name, before.clone()));
    let (old, new, _) = beside(&fixture_json("replaced_bucket"), &scan(both));
    let (old, new) = (of_type(&old, ResourceType::Bucket), of_type(&new, ResourceType::Bucket));
    assert_eq!(bucket_of(old).ownership.as_deref(), Some("ObjectWriter"));
    assert_eq!(bucket_of(new).ownership.as_deref(), Some("BucketOwnerEnforced"));
    assert!(is_unknown(new, "observed") && !is_unknown(old, "observed"));
}

#[test]
fn what_aws_said_about_a_policy_does_not_outlive_it() {
    let bucket =
        |policy: &str| json!({"bucket": "b", "arn": "arn:aws:s3:::b", "bucket_region": REGION, "policy": policy});
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
    let seen = Bucket { observed: Some(BucketObserved { policy_is_public: Some(false) }), ..Bucket::default() };
    let live = scan([live_bucket("b", seen)]);
    let observed = |before: Value, after: Value| {
        let (_, after, _) = beside(&plan(&[("aws_s3_bucket.b", before, after)]), &live);
        bucket_of(of_type(&after, ResourceType::Bucket)).observed.clone()
    };
    assert!(observed(bucket(""), bucket("")).is_some());
    assert!(observed(bucket(""), bucket(policy)).is_none());
}

/// The plan of a public bucket in an account that it tells, or that its provider hides.
fn public_bucket(tells: bool) -> Value {
    let mut plan = fixture_json("public_bucket_by_policy");
    if tells {
        let caller = fixture_json("account_access_block");
        plan["prior_state"] = caller["prior_state"].clone();
        let blocks = caller["configuration"]["root_module"]["resources"].as_array().unwrap();
        let block = blocks.iter().find(|block| block["mode"] == "data").unwrap().clone();
        plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(block);
    }
    plan
}

#[test]
fn the_access_block_of_the_account_decides_what_a_bucket_policy_does() {
    let (rule, address) = ("aws-s3-not-public", "aws_s3_bucket.site");
    let (shut, report) = gate(&public_bucket(true), &scan([live_account(Some(SHUT))]), &[]);
    assert_eq!((effect(&report, rule, address), shut.code), (None, 0), "{}", shut.stdout);
    assert_eq!(report["filled"]["beside"], 1);
    let (open, report) = gate(&public_bucket(true), &scan([live_account(Some(OPEN))]), &[]);
    assert_eq!((effect(&report, rule, address), open.code), (Some("new_failure"), 10));
    let (_, report) = gate(&public_bucket(true), &scan([live_account(None)]), &[]);
    assert_eq!(effect(&report, rule, address), Some("new_failure"), "never set is the same as four times false");
    let mut unread = live_account(None);
    unread.mark_unknown(Pointer::configuration("s3_public_access_block"));
    let (unread, report) = gate(&public_bucket(true), &scan([unread]), &[]);
    assert_eq!((effect(&report, rule, address), unread.code), (Some("exposed"), 10));
}

#[test]
fn the_only_account_of_a_scan_is_not_taken_for_that_of_the_plan() {
    let (rule, address) = ("aws-s3-not-public", "aws_s3_bucket.site");
    let shut = scan([live_account(Some(SHUT))]);
    let (ended, report) = gate(&public_bucket(false), &shut, &[]);
    assert_eq!((effect(&report, rule, address), ended.code), (Some("exposed"), 10));
    let notes = report["filled"]["notes"].to_string();
    assert!(notes.contains("does not tell the account of one resource"), "{notes}");

    // A provider with other credentials may be in another account, one with another region is not.
    let with_provider = |expressions: Value| {
        let mut plan = public_bucket(true);
        plan["configuration"]["provider_config"]["aws.other"] =
            json!({"name": "aws", "alias": "other", "expressions": expressions});
        for block in plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap() {
            if block["mode"] == "managed" {
                block["provider_config_key"] = "aws.other".into();
            }
        }
        plan
    };
    let role =
        json!({"region": {"constant_value": REGION}, "assume_role": [{"role_arn": {"references": ["var.role"]}}]});
    let (_, report) = gate(&with_provider(role), &shut, &[]);
    assert_eq!(effect(&report, rule, address), Some("exposed"));
    let (_, report) = gate(&with_provider(json!({"region": {"constant_value": "eu-west-1"}})), &shut, &[]);
    assert_eq!(effect(&report, rule, address), None);
}

#[test]
fn a_bucket_that_was_scanned_tells_the_account_of_its_provider() {
    let mut plan = public_bucket(false);
    let existing = json!({"bucket": "older", "arn": "arn:aws:s3:::older", "bucket_region": REGION});
    plan["resource_changes"].as_array_mut().unwrap().push(json!({"address": "aws_s3_bucket.older", "mode": "managed",
        "type": "aws_s3_bucket", "name": "older",
        "change": {"actions": ["no-op"], "before": existing, "after": existing, "after_unknown": {}}}));
    plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({"mode": "managed",
        "type": "aws_s3_bucket", "name": "older", "provider_config_key": "aws", "expressions": {}}));
    let live = scan([live_account(Some(SHUT)), live_bucket("older", Bucket::default())]);
    let (ended, report) = gate(&plan, &live, &[]);
    assert_eq!(effect(&report, "aws-s3-not-public", "aws_s3_bucket.site"), None, "{}", ended.stdout);
    assert_eq!(report["filled"]["notes"], json!([]));
}

#[test]
fn what_the_plan_changes_beside_its_documents_is_not_taken_from_the_scan() {
    let mut plan = public_bucket(true);
    let policy = json!({"id": "p-1", "type": "S3_POLICY"});
    plan["resource_changes"].as_array_mut().unwrap().push(json!({"address": "aws_organizations_policy.s3",
        "mode": "managed", "type": "aws_organizations_policy", "name": "s3",
        "change": {"actions": ["delete"], "before": policy, "after": null, "after_unknown": {}}}));
    let (_, report) = gate(&plan, &scan([live_account(Some(SHUT))]), &[]);
    assert_eq!(effect(&report, "aws-s3-not-public", "aws_s3_bucket.site"), Some("exposed"));
}

fn user(arn: &str) -> Value {
    json!({"name": "robot", "arn": arn, "path": "/", "permissions_boundary": ""})
}

#[test]
fn members_that_the_plan_takes_away_are_not_put_back() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/robot");
    let attached = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let attachment = |name: &str| json!({"user": "robot", "policy_arn": attached(name)});
    let inline =
        |name: &str| json!({"user": "robot", "name": name, "policy": r#"{"Version":"2012-10-17","Statement":[]}"#});
    let plan = plan(&[
        ("aws_iam_user.robot", user(&arn), user(&arn)),
        ("aws_iam_user_policy_attachment.gone", attachment("gone"), Value::Null),
        ("aws_iam_user_policy_attachment.stays", attachment("stays"), attachment("stays")),
        ("aws_iam_user_policy_attachment.new", Value::Null, attachment("new")),
        ("aws_iam_user_policy.gone", inline("gone"), Value::Null),
        ("aws_iam_access_key.new", Value::Null, json!({"user": "robot", "status": "Active"})),
    ]);
    let mut robot = User { console_password: Some(true), mfa_active: Some(false), ..User::default() };
    robot.access_keys = Some(Vec::new());
    robot.grants.attached_policies = ["by-hand", "gone", "stays"].map(attached).to_vec();
    robot.grants.inline_policies =
        ["by-hand", "gone"].map(|name| InlinePolicy { name: name.to_owned(), document: None }).to_vec();
    let (before, after, _) = beside(&plan, &scan([live(&arn, "robot", "global", robot)]));
    let of = |side: &Snapshot| match &of_type(side, ResourceType::User).configuration {
        Configuration::User(user) => (**user).clone(),
        other => panic!("{other:?}"),
    };
    let names = |user: &User| user.grants.inline_policies.iter().map(|policy| policy.name.clone()).collect::<Vec<_>>();
    let (old, new) = (of(&before), of(&after));
    let mut attached_before = old.grants.attached_policies.clone();
    attached_before.sort();
    assert_eq!(attached_before, ["by-hand", "gone", "stays"].map(attached));
    let mut attached_after = new.grants.attached_policies.clone();
    attached_after.sort();
    assert_eq!(attached_after, ["by-hand", "new", "stays"].map(attached));
    assert_eq!((names(&old), names(&new)), (vec!["gone".to_owned(), "by-hand".to_owned()], vec!["by-hand".to_owned()]));
    let planned = of_type(&after, ResourceType::User);
    assert!(!is_unknown(planned, "attached_policies") && !is_unknown(planned, "inline_policies"));
    assert_eq!((new.console_password, new.mfa_active), (Some(true), Some(false)));
    assert!(is_unknown(planned, "access_keys"), "the plan makes a key");
}

#[test]
fn a_login_that_the_plan_takes_away_is_not_put_back() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/robot");
    let plan = plan(&[
        ("aws_iam_user.robot", user(&arn), user(&arn)),
        ("aws_iam_user_login_profile.robot", json!({"user": "robot"}), Value::Null),
    ]);
    let robot = User { console_password: Some(true), ..User::default() };
    let (_, after, _) = beside(&plan, &scan([live(&arn, "robot", "global", robot)]));
    assert!(is_unknown(of_type(&after, ResourceType::User), "console_password"));
}

#[test]
fn policies_and_groups_that_the_plan_names_stand_beside_it() {
    let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}"#;
    let document = || ManagedPolicy {
        path: "/".to_owned(),
        aws_managed: false,
        document: Some(serde_json::from_str(everything).unwrap()),
    };
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let policy = format!("arn:aws:iam::{ACCOUNT}:policy/by-hand");
    let role = json!({"name": "app", "assume_role_policy": trust, "path": "/"});
    let attachment = json!({"role": "app", "policy_arn": policy});
    let planned = |policy_change: Option<(&'static str, Value, Value)>| {
        let changes = [
            ("aws_iam_role.app", Value::Null, role.clone()),
            ("aws_iam_role_policy_attachment.app", Value::Null, attachment.clone()),
        ];
        plan(&changes.into_iter().chain(policy_change).collect::<Vec<_>>())
    };
    let scanned = scan([live(&policy, "by-hand", "global", document())]);
    let rule = "aws-iam-identity-without-admin-policy";
    let (_, report) = gate(&planned(None), &scan([]), &[]);
    assert_eq!(effect(&report, rule, "aws_iam_role.app"), Some("unknown"));
    let (_, report) = gate(&planned(None), &scanned, &[]);
    assert_eq!(effect(&report, rule, "aws_iam_role.app"), Some("new_failure"));
    assert!(!report["findings"].to_string().contains("customer-policy"), "what stands beside the plan is not judged");
    // The plan's own form of the policy wins.
    let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let held = |text: &str| json!({"name": "by-hand", "arn": policy, "path": "/", "policy": text});
    let (_, report) = gate(&planned(Some(("aws_iam_policy.p", held(everything), held(narrow)))), &scanned, &[]);
    assert_eq!(effect(&report, rule, "aws_iam_role.app"), None);

    let arn = format!("arn:aws:iam::{ACCOUNT}:user/robot");
    let membership = json!({"user": "robot", "groups": ["admins"]});
    let user_plan = |more: Option<(&'static str, Value, Value)>| {
        let changes = [
            ("aws_iam_user.robot", user(&arn), user(&arn)),
            ("aws_iam_user_group_membership.robot", membership.clone(), membership.clone()),
        ];
        plan(&changes.into_iter().chain(more).collect::<Vec<_>>())
    };
    let mut group = Group::default();
    group.grants.attached_policies.push(policy.clone());
    let scanned = scan([
        live(&policy, "by-hand", "global", document()),
        live(&format!("arn:aws:iam::{ACCOUNT}:group/admins"), "admins", "global", group),
        live(&arn, "robot", "global", User { groups: vec!["admins".to_owned()], ..User::default() }),
    ]);
    let (_, report) = gate(&user_plan(None), &scan([]), &[]);
    assert_eq!(effect(&report, rule, "aws_iam_user.robot"), Some("unknown"));
    let (_, report) = gate(&user_plan(None), &scanned, &[]);
    assert_eq!(effect(&report, rule, "aws_iam_user.robot"), None, "what a group has is told of the group");
    assert_eq!(report["filled"]["beside"], 2);
    let detached = json!({"group": "admins", "policy_arn": policy});
    let (_, report) =
        gate(&user_plan(Some(("aws_iam_group_policy_attachment.a", detached, Value::Null))), &scanned, &[]);
    assert_eq!(effect(&report, rule, "aws_iam_user.robot"), None, "the group has what was scanned, but for this");
    let findings = report["findings"].to_string();
    assert!(!findings.contains("\"new_failure\"") && !findings.contains("\"still_failing\""), "{findings}");
}

#[test]
fn entries_of_prefix_lists_and_rules_of_groups_outside_the_plan_are_known() {
    let list = format!("arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/pl-1");
    let entries = |ranges: &[&str]| PrefixList {
        address_family: "IPv4".to_owned(),
        owner: ACCOUNT.to_owned(),
        entries: Some(ranges.iter().map(|range| (*range).to_owned()).collect()),
    };
    let arn = format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-1");
    let group = json!({"id": "sg-1", "arn": arn, "name": "web", "owner_id": ACCOUNT, "vpc_id": "vpc-1",
        "ingress": [], "egress": [], "region": REGION});
    let ssh = json!({"security_group_id": "sg-1", "prefix_list_id": "pl-1", "ip_protocol": "tcp", "from_port": 22,
        "to_port": 22, "region": REGION});
    let rule = "aws-ec2-ssh-closed-to-world";
    let asked = |live: &Snapshot, more: Option<(&'static str, Value, Value)>| {
        let changes = [
            ("aws_security_group.web", group.clone(), group.clone()),
            ("aws_vpc_security_group_ingress_rule.ssh", Value::Null, ssh.clone()),
        ];
        let report = gate(&plan(&changes.into_iter().chain(more).collect::<Vec<_>>()), live, &[]).1;
        effect(&report, rule, "aws_security_group.web").map(str::to_owned)
    };
    let world = scan([live(&list, "pl", REGION, entries(&["0.0.0.0/0"]))]);
    let office = scan([live(&list, "pl", REGION, entries(&["198.51.100.0/24"]))]);
    assert_eq!(asked(&scan([]), None).as_deref(), Some("unknown"));
    assert_eq!(asked(&world, None).as_deref(), Some("new_failure"));
    assert_eq!(asked(&office, None), None);
    let entry = json!({"prefix_list_id": "pl-1", "cidr": "0.0.0.0/0"});
    let changed = asked(&office, Some(("aws_ec2_managed_prefix_list_entry.e", Value::Null, entry)));
    assert_eq!(changed.as_deref(), Some("new_failure"), "the plan opens the list to the world");

    // A rule for a group that the plan does not hold: its other rules are those of the scan.
    let open = json!({"security_group_id": "sg-9", "cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp", "from_port": 443,
        "to_port": 443, "region": REGION});
    let plan = plan(&[("aws_vpc_security_group_ingress_rule.own", Value::Null, open)]);
    let by_hand = serde_json::from_value(json!([{"protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_ipv4": "0.0.0.0/0", "description": "by hand"}]));
    let outside = SecurityGroup {
        group_name: "old".to_owned(),
        ingress: Some(by_hand.unwrap()),
        egress: Some(Vec::new()),
        ..SecurityGroup::default()
    };
    let arn = format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-9");
    let (_, after, filling) = beside(&plan, &scan([live(&arn, "old", REGION, outside)]));
    let found = of_type(&after, ResourceType::SecurityGroup);
    let Configuration::SecurityGroup(group) = &found.configuration else { panic!("{found:?}") };
    assert_eq!((group.ingress.as_ref().unwrap().len(), group.group_name.as_str()), (2, "old"));
    assert!(found.unknown.is_empty(), "{:?}", found.unknown);
    assert_eq!(filling.resources, 1);
}

#[test]
fn of_a_bucket_outside_the_plan_only_what_the_plan_leaves_alone_is_taken() {
    let block = json!({"bucket": "old", "block_public_acls": true, "block_public_policy": true,
        "ignore_public_acls": true, "restrict_public_buckets": true, "region": REGION});
    let logging = json!({"bucket": "old", "target_bucket": "logs", "target_prefix": ""});
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let plan = plan(&[
        ("aws_s3_bucket_public_access_block.old", Value::Null, block),
        ("aws_s3_bucket_logging.old", Value::Null, logging),
        ("aws_s3_bucket_policy.old", json!({"bucket": "old", "policy": policy}), Value::Null),
    ]);
    let bucket = Bucket {
        ownership: Some("BucketOwnerEnforced".to_owned()),
        policy: Some(serde_json::from_str(policy).unwrap()),
        public_access_block: Some(OPEN),
        ..Bucket::default()
    };
    let (_, after, _) = beside(&plan, &scan([live_bucket("old", bucket)]));
    let found = of_type(&after, ResourceType::Bucket);
    assert_eq!(bucket_of(found).ownership.as_deref(), Some("BucketOwnerEnforced"));
    assert_eq!(bucket_of(found).public_access_block, Some(SHUT), "the plan wins");
    assert!(is_unknown(found, "logging") || bucket_of(found).logging.is_some(), "the plan sets it");
    assert!(!is_unknown(found, "policy") && bucket_of(found).policy.is_none(), "the plan takes it away");
}

#[test]
fn an_instance_profile_that_the_plan_deletes_is_gone() {
    let role = json!({"name": "app", "arn": format!("arn:aws:iam::{ACCOUNT}:role/app"), "path": "/",
        "assume_role_policy": r#"{"Version":"2012-10-17","Statement":[]}"#, "managed_policy_arns": [], "inline_policy": []});
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/app");
    let plan = plan(&[
        ("aws_iam_role.app", role.clone(), role),
        (
            "aws_iam_instance_profile.app",
            json!({"name": "app", "arn": profile, "role": "app", "path": "/"}),
            Value::Null,
        ),
    ]);
    let by_hand = format!("arn:aws:iam::{ACCOUNT}:instance-profile/by-hand");
    let live_role = Role { instance_profiles: Some(vec![profile, by_hand.clone()]), ..Role::default() };
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/app");
    let (_, after, _) = beside(&plan, &scan([live(&arn, "app", "global", live_role)]));
    let Configuration::Role(role) = &of_type(&after, ResourceType::Role).configuration else { panic!() };
    assert_eq!(role.instance_profiles, Some(vec![by_hand]));
}

#[test]
fn a_state_is_judged_as_what_exists() {
    let (folder, _) = folder();
    let state = |name: &str| {
        let plan: Value = serde_json::from_slice(&std::fs::read(fixture(name, "applied.json")).unwrap()).unwrap();
        let state = folder.path().join("state.json");
        std::fs::write(&state, plan["prior_state"].to_string()).unwrap();
        run(&mut program(folder.path()), &["gate", "state.json", "--format", "json"])
    };
    let open = state("security_group_inline_world_ssh");
    let report: Value = serde_json::from_str(&open.stdout).unwrap_or_else(|_| panic!("{}", open.stderr));
    assert_eq!((open.code, report["outcome"].as_str()), (10, Some("denied")));
    assert_eq!(effect(&report, "aws-ec2-ssh-closed-to-world", "aws_security_group.bastion"), Some("still_failing"));
    assert_eq!(report["incomplete"], json!([]));
    let clean = state("private_bucket_defaults");
    assert_eq!(clean.code, 0, "{}{}", clean.stdout, clean.stderr);
}
