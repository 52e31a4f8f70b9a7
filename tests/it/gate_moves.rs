//! What failed before and fails after: worse or not is a matter of meaning, not of words.

use serde_json::{Value, json};

use crate::estate::{Ended, folder, program, run};
use crate::gate_fill::{effect, plan};

const GROUP: &str = "aws_security_group.web";
const BUCKET: &str = "aws_s3_bucket.b";
const ROLE: &str = "aws_iam_role.r";

/// The gate on a plan with a configuration, as a person asks it; with `--format json`.
fn gate(plan: &Value, configuration: &str, more: &[&str]) -> (Ended, Value) {
    let (folder, _) = folder();
    std::fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
    std::fs::write(folder.path().join("plimsoll.yaml"), configuration).unwrap();
    let fixed = ["gate", "plan.json", "--config", "plimsoll.yaml", "--format", "json"];
    let arguments: Vec<&str> = fixed.into_iter().chain(more.iter().copied()).collect();
    let ended = run(&mut program(folder.path()), &arguments);
    assert!(ended.stdout.starts_with('{'), "{}{}", ended.stdout, ended.stderr);
    let report = serde_json::from_str(&ended.stdout).unwrap();
    (ended, report)
}

fn group(from: u16, to: u16, cidr: &str) -> Value {
    json!({"id": "sg-0a", "arn": "arn:aws:ec2:eu-central-1:123456789012:security-group/sg-0a", "name": "web",
        "description": "web", "vpc_id": "vpc-0a", "egress": [], "tags": {}, "tags_all": {},
        "ingress": [{"cidr_blocks": [cidr], "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [],
            "self": false, "description": "", "protocol": "tcp", "from_port": from, "to_port": to}]})
}

#[test]
fn a_group_that_is_open_to_less_than_before_is_not_worse() {
    let world = "0.0.0.0/0";
    for (before, after, code) in [
        (group(0, 65535, world), group(8000, 9000, world), 0),
        (group(9000, 9300, world), group(9200, 9200, world), 0),
        (group(9200, 9200, world), group(9000, 9300, world), 10),
        (group(9200, 9200, world), group(22, 22, world), 10),
    ] {
        let (ended, report) = gate(&plan(&[(GROUP, before.clone(), after.clone())]), "", &[]);
        assert_eq!(ended.code, code, "{} -> {}: {}", before["ingress"], after["ingress"], ended.stdout);
        let worse = report["findings"].as_array().unwrap().iter().any(|finding| finding["effect"] == "worse");
        assert!(code == 10 || !worse, "{}", ended.stdout);
    }
}

fn bucket(statements: &[Value]) -> [(&'static str, Value, Value); 3] {
    let open = json!({"id": "b", "bucket": "b", "block_public_acls": false, "block_public_policy": false,
        "ignore_public_acls": false, "restrict_public_buckets": false});
    let account = json!({"id": "123456789012", "account_id": "123456789012", "block_public_acls": false,
        "block_public_policy": false, "ignore_public_acls": false, "restrict_public_buckets": false});
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let bucket = json!({"id": "b", "bucket": "b", "arn": "arn:aws:s3:::b", "region": "eu-central-1", "tags": {},
        "tags_all": {}, "policy": policy});
    [
        (BUCKET, bucket.clone(), bucket),
        ("aws_s3_bucket_public_access_block.b", open.clone(), open),
        ("aws_s3_account_public_access_block.a", account.clone(), account),
    ]
}

fn read(resource: &str) -> Value {
    json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource})
}

/// A plan that changes the policy of a public bucket.
fn policy_change(before: &[Value], after: &[Value]) -> Value {
    let [(at, old, _), block, account] = bucket(before);
    let [(_, new, _), ..] = bucket(after);
    let policy = |of: &Value| json!({"id": "b", "bucket": "b", "policy": of["policy"]});
    plan(&[(at, old.clone(), new.clone()), block, account, ("aws_s3_bucket_policy.b", policy(&old), policy(&new))])
}

#[test]
fn a_public_bucket_whose_policy_lets_in_more_is_worse_and_one_that_lets_in_less_is_not() {
    let (one, all) = (read("arn:aws:s3:::b/public/*"), read("arn:aws:s3:::b/*"));
    let delete =
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::b/*"});
    let mut conditional = read("arn:aws:s3:::b/*");
    conditional["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
    for (before, after, said) in [
        (vec![one.clone()], vec![all.clone()], "worse"),
        (vec![conditional.clone()], vec![all.clone()], "worse"),
        (vec![all.clone()], vec![one], "still_failing"),
        (vec![delete.clone(), all.clone()], vec![all.clone()], "still_failing"),
        (vec![all.clone(), delete.clone()], vec![delete, all], "still_failing"),
    ] {
        let (ended, report) = gate(&policy_change(&before, &after), "", &[]);
        assert_eq!(effect(&report, "aws-s3-not-public", BUCKET), Some(said), "{before:?} -> {after:?}");
        assert_eq!(ended.code, if said == "worse" { 10 } else { 0 }, "{}", ended.stdout);
    }
}

#[test]
fn a_trust_that_asks_for_more_than_before_is_not_worse() {
    let role = |condition: Value| {
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"});
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        json!({"id": "r", "name": "r", "arn": "arn:aws:iam::123456789012:role/r", "path": "/", "tags": {}, "tags_all": {},
            "inline_policy": [], "managed_policy_arns": [], "max_session_duration": 3600,
            "assume_role_policy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()})
    };
    let asked = json!({"StringEquals": {"sts:ExternalId": "x"}});
    for (before, after, said) in [(Value::Null, asked.clone(), "still_failing"), (asked, Value::Null, "worse")] {
        let (_, report) = gate(&plan(&[(ROLE, role(before), role(after))]), "", &[]);
        assert_eq!(effect(&report, "aws-iam-role-not-open-to-anyone", ROLE), Some(said));
    }
}

#[test]
fn what_is_exposed_and_was_denies_when_old_failures_count_or_when_it_is_more() {
    let [bucket_before, block, _] = bucket(&[read("arn:aws:s3:::b/*")]);
    let old = plan(&[bucket_before, block.clone()]);
    assert_eq!(gate(&old, "", &[]).0.code, 0, "the plan changes nothing");
    let (ended, report) = gate(&old, "", &["--all"]);
    assert_eq!((ended.code, effect(&report, "aws-s3-not-public", BUCKET)), (10, Some("exposed")));

    let [(at, before, _), ..] = bucket(&[read("arn:aws:s3:::b/public/*")]);
    let [(_, after, _), ..] = bucket(&[read("arn:aws:s3:::b/*")]);
    let (ended, report) = gate(&plan(&[(at, before.clone(), after.clone()), block.clone()]), "", &[]);
    assert_eq!((ended.code, effect(&report, "aws-s3-not-public", at)), (10, Some("exposed")));
    let (ended, _) = gate(&plan(&[(at, after, before), block]), "", &[]);
    assert_eq!(ended.code, 0, "less than before: {}", ended.stdout);
}

#[test]
fn a_waiver_names_a_planned_resource_as_people_do() {
    let plan = plan(&[(GROUP, Value::Null, group(22, 22, "0.0.0.0/0"))]);
    for (resource, code) in [("web", 0), (GROUP, 0), ("sg-0a", 0), ("we", 10), ("aws_security_group.*", 0), ("db", 10)]
    {
        let waiver = format!(
            "waivers:\n  - {{rule: \"aws-ec2-*\", severity: critical, resource: \"{resource}\", reason: bastion, owner: me, \
             granted: 2026-01-01, expires: 2026-12-31}}\nwaiver_policy: {{maximum_age: 400d}}\n"
        );
        let (ended, _) = gate(&plan, &waiver, &[]);
        assert_eq!(ended.code, code, "{resource}: {}{}", ended.stdout, ended.stderr);
    }
}
