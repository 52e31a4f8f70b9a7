//! What a plan marks as sensitive appears in no output and in no log, whatever it is, wherever it
//! stands, and however a message would write it.

use std::fs;

use plimsoll::model::{Configuration, Grants, Pointer};
use plimsoll::source::file;
use plimsoll::source::terraform::read_plan;
use serde_json::{Value, json};

use crate::estate::{folder, program, run};

/// What no output may hold, in small letters: every secret below has one of these in it.
const SECRETS: [&str; 4] = ["hush", "271828182845", "203.0.113", "31337"];

const ACCOUNT: &str = "271828182845";

/// A created resource, all of whose attributes are sensitive.
fn created(kind: &str, name: &str, after: &Value) -> Value {
    let marks: Value = after.as_object().unwrap().keys().map(|key| (key.clone(), json!(true))).collect();
    marked(kind, name, after, &json!({}), &marks)
}

fn marked(kind: &str, name: &str, after: &Value, unknown: &Value, marks: &Value) -> Value {
    json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
           "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown,
                      "before_sensitive": false, "after_sensitive": marks}})
}

fn open_policy(resource: &str, principal: &str, condition: &str) -> Value {
    let condition = json!({"StringNotEquals": {"aws:PrincipalTag/hush-condition": condition}});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{resource}/*")},
        {"Sid": "HushLabel", "Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:*",
         "Resource": resource, "Condition": condition}]})
}

/// Buckets: their names, policies, tags, parts, and policies that cannot be read.
fn buckets() -> Vec<Value> {
    let policy =
        open_policy("arn:aws:s3:::hush-bucket", &format!("arn:aws:iam::{ACCOUNT}:role/Hush-Role"), "hush\"x\n");
    let rule = json!([{"apply_server_side_encryption_by_default":
        [{"sse_algorithm": "aws:kms", "kms_master_key_id": "hush-kms-key"}]}]);
    let bucket = json!({"bucket": "hush-bucket", "arn": "arn:aws:s3:::hush-bucket",
        "tags": {"hush-tag/key": "hush-tag-value"}, "tags_all": {"hush-tag/key": "hush-tag-value"}});
    let mut broken = policy.clone();
    broken["Statement"][0]["Effect"] = json!("hush-effect");
    let broken_text = policy.to_string().replace("\"Allow\"", "hush\"Allow\"");
    vec![
        created("aws_s3_bucket", "b", &bucket),
        created("aws_s3_bucket_policy", "b", &json!({"bucket": "hush-bucket", "policy": policy.to_string()})),
        created(
            "aws_s3_bucket_logging",
            "b",
            &json!({"bucket": "hush-bucket", "target_bucket": "hush-target", "target_prefix": "hush/prefix"}),
        ),
        created(
            "aws_s3_bucket_server_side_encryption_configuration",
            "b",
            &json!({"bucket": "hush-bucket", "rule": rule}),
        ),
        created("aws_s3_bucket", "shape", &json!({"bucket": "hush-shape"})),
        created("aws_s3_bucket_policy", "shape", &json!({"bucket": "hush-shape", "policy": broken.to_string()})),
        created("aws_s3_bucket", "text", &json!({"bucket": "hush-text"})),
        created("aws_s3_bucket_policy", "text", &json!({"bucket": "hush-text", "policy": broken_text})),
        // Of a bucket outside the plan, which only a sensitive variable names.
        marked(
            "aws_s3_bucket_policy",
            "outside",
            &json!({"policy": policy.to_string()}),
            &json!({"bucket": true}),
            &json!({"bucket": true, "policy": true}),
        ),
    ]
}

/// Groups, instances and roles: ranges, ports, user data, nested blocks.
fn others() -> Vec<Value> {
    let rule = json!({"from_port": 31337, "to_port": 31337, "protocol": "tcp", "description": "hush-description",
        "cidr_blocks": ["0.0.0.0/0", "203.0.113.77/24"], "ipv6_cidr_blocks": ["::/0"],
        "security_groups": [format!("{ACCOUNT}/sg-hush")], "prefix_list_ids": ["pl-hush"], "self": false});
    let mut ssh = rule.clone();
    (ssh["from_port"], ssh["to_port"]) = (json!(22), json!(31337));
    let group = json!({"name": "hush-group", "description": "hush-words", "vpc_id": "vpc-hush",
        "ingress": [rule, ssh], "egress": [rule]});
    let user_data =
        "#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY=hushKDENG/bPxRfiCYEXAMPLEKEYhush\npassword=hush-hush-123\n";
    let instance = json!({"user_data": user_data, "ami": "ami-hush", "subnet_id": "subnet-hush",
        "iam_instance_profile": "hush-profile", "associate_public_ip_address": true,
        "vpc_security_group_ids": ["sg-hush"], "metadata_options": [{"http_tokens": "hush-optional"}]});
    let anyone = format!("arn:aws:iam::{ACCOUNT}:user/hush-user");
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ["*", anyone]}, "Action": "sts:AssumeRole"}]});
    let all = json!({"Statement": [{"Effect": "Allow", "Action": ["*", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::271828182845:role/hush"}]});
    let role = json!({"name": "hush-role", "path": "/hush/", "assume_role_policy": trust.to_string(),
        "max_session_duration": 31337, "permissions_boundary": format!("arn:aws:iam::{ACCOUNT}:policy/hush"),
        "inline_policy": [{"name": "hush-inline", "policy": all.to_string()}],
        "managed_policy_arns": [format!("arn:aws:iam::{ACCOUNT}:policy/hush")]});
    let entry = json!({"rule_no": 31337, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"});
    vec![
        created("aws_security_group", "g", &group),
        created(
            "aws_vpc_security_group_ingress_rule",
            "r",
            &json!({"security_group_id": "sg-hush-outside",
            "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22}),
        ),
        created("aws_instance", "i", &instance),
        created("aws_launch_template", "t", &json!({"name": "hush-template", "user_data": user_data})),
        created("aws_iam_role", "r", &role),
        created("aws_iam_user", "u", &json!({"name": "hush-user"})),
        created("aws_iam_user_policy", "u", &json!({"user": "hush-user", "name": "hush", "policy": all.to_string()})),
        created("aws_network_acl", "a", &json!({"vpc_id": "vpc-hush", "ingress": [entry]})),
        created(
            "aws_subnet",
            "s",
            &json!({"vpc_id": "vpc-hush", "cidr_block": "203.0.113.64/26",
            "map_public_ip_on_launch": true}),
        ),
        created("aws_ebs_volume", "v", &json!({"encrypted": false, "kms_key_id": "hush", "snapshot_id": "snap-hush"})),
    ]
}

fn plan() -> Value {
    let caller = json!({"address": "data.aws_caller_identity.c", "mode": "data", "type": "aws_caller_identity",
        "name": "c", "values": {"account_id": ACCOUNT}, "sensitive_values": {"account_id": true}});
    let gone = json!({"address": "aws_iam_role.gone", "mode": "managed", "type": "aws_iam_role", "name": "gone",
        "values": {"name": "hush-gone", "arn": format!("arn:aws:iam::{ACCOUNT}:role/hush-gone"),
                   "assume_role_policy": open_policy("*", "*", "x").to_string()},
        "sensitive_values": {"name": true, "arn": true, "assume_role_policy": true}});
    let deleted = json!({"address": "aws_iam_role.gone", "mode": "managed", "type": "aws_iam_role", "name": "gone",
        "change": {"actions": ["delete"], "before": gone["values"], "after": null,
                   "before_sensitive": gone["sensitive_values"], "after_sensitive": false}});
    let changes: Vec<Value> = buckets().into_iter().chain(others()).chain([deleted]).collect();
    let outside = json!({"address": "aws_s3_bucket_policy.outside", "mode": "managed", "type": "aws_s3_bucket_policy",
        "name": "outside", "provider_config_key": "aws", "expressions": {"bucket": {"references": ["var.name"]}}});
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "complete": true, "errored": false,
        "variables": {"name": {"value": "hush-variable"}},
        "resource_changes": changes,
        "output_changes": {"o": {"actions": ["create"], "after": "hush-output", "after_sensitive": true}},
        "prior_state": {"format_version": "1.0", "values": {
            "outputs": {"o": {"value": "hush-output", "sensitive": true}},
            "root_module": {"resources": [caller, gone]}}},
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-central-1"}}}},
            "root_module": {
                "variables": {"name": {"default": "hush-default", "sensitive": true}},
                "outputs": {"o": {"sensitive": true, "expression": {"references": ["var.name"]}}},
                "resources": [outside]}},
    })
}

fn assert_silent(what: &str, text: &str) {
    let small = text.to_lowercase();
    for secret in SECRETS {
        let at = small.find(secret);
        let near = at.map(|at| small.chars().skip(small[..at].chars().count().saturating_sub(80)).take(200));
        assert!(at.is_none(), "{what} holds {secret}: {}", near.into_iter().flatten().collect::<String>());
    }
}

#[test]
fn nothing_that_is_sensitive_is_in_any_output_or_log_of_the_gate() {
    let (folder, _) = folder();
    fs::write(folder.path().join("plan.json"), plan().to_string()).unwrap();
    fs::write(folder.path().join("main.tf"), "resource \"aws_s3_bucket\" \"b\" {}\n").unwrap();
    for format in ["table", "json", "sarif", "junit", "github", "markdown", "gitlab"] {
        let mut program = program(folder.path());
        program.env("PLIMSOLL_LOG", "trace");
        let arguments = ["-vvv", "gate", "plan.json", "--all", "--source", ".", "--output", format];
        let ended = run(&mut program, &arguments);
        assert_eq!(ended.code, 10, "{format}: {}", ended.stderr);
        for rule in ["aws-iam-role-not-open-to-anyone", "aws-ec2-ssh-closed-to-world"] {
            assert!(ended.stdout.contains(rule), "{format} does not name {rule}: {}", ended.stdout);
        }
        assert_silent(format, &ended.stdout);
        assert_silent(&format!("the log beside {format}"), &ended.stderr);
    }
}

/// The live side has the same values, because AWS has them.
#[test]
fn nothing_that_is_sensitive_is_in_any_output_or_log_of_drift_against_what_is_declared() {
    let (folder, _) = folder();
    let text = plan().to_string();
    let (_, mut live) = read_plan(text.as_bytes()).unwrap().snapshots("2026-11-22T00:00:00Z".parse().unwrap());
    for resource in &mut live.resources {
        match &mut resource.configuration {
            Configuration::Bucket(bucket) => bucket.policy = None,
            Configuration::SecurityGroup(group) => group.ingress = Some(Vec::new()),
            Configuration::Role(role) => role.grants = Grants::default(),
            _ => {}
        }
        resource.unknown.clear();
    }
    file::write(&folder.path().join("live.json"), &live).unwrap();
    fs::write(folder.path().join("plan.json"), &text).unwrap();
    fs::write(folder.path().join("state.json"), state(&text).to_string()).unwrap();
    for declared in ["plan.json", "state.json"] {
        for format in ["table", "json", "csv"] {
            let mut program = program(folder.path());
            program.env("PLIMSOLL_LOG", "trace");
            let arguments = ["-vvv", "drift", "--declared", declared, "--snapshot", "live.json", "--format", format];
            let ended = run(&mut program, &arguments);
            if format == "csv" && ended.code == 2 {
                continue;
            }
            assert!(!ended.stdout.is_empty(), "{declared} {format}: {} {}", ended.code, ended.stderr);
            assert_silent(&format!("{declared} as {format}"), &ended.stdout);
            assert_silent(&format!("the log beside {declared} as {format}"), &ended.stderr);
        }
    }
}

/// The state after the plan.
fn state(plan: &str) -> Value {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let created = plan["resource_changes"].as_array().unwrap().iter().filter(|one| !one["change"]["after"].is_null());
    let resource = |one: &Value| {
        json!({"address": one["address"], "mode": "managed", "type": one["type"], "name": one["name"],
               "values": one["change"]["after"], "sensitive_values": one["change"]["after_sensitive"]})
    };
    let mut resources: Vec<Value> = created.map(resource).collect();
    resources.push(plan["prior_state"]["values"]["root_module"]["resources"][0].clone());
    json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": resources}}})
}

/// A file that is not what it should be may still hold secrets.
#[test]
fn an_error_about_a_file_quotes_nothing_of_it() {
    let (folder, _) = folder();
    let check = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        for arguments in
            [["-vvv", "gate", name, "--format", "json"], ["-vvv", "drift", "--declared", name, "--no-unmanaged"]]
        {
            let ended = run(program(folder.path()).env("PLIMSOLL_LOG", "trace"), &arguments);
            assert_eq!(ended.code, 1, "{name}: {}{}", ended.stdout, ended.stderr);
            assert!(ended.stderr.contains("error: cannot read"), "{name}: {}", ended.stderr);
            assert_silent(name, &format!("{}{}", ended.stdout, ended.stderr));
        }
    };
    check("text", "hush");
    check("list", "[\"hush\"]");
    check("changes", r#"{"format_version":"1.2","resource_changes":"hush"}"#);
    check("change", r#"{"format_version":"1.2","resource_changes":["hush"]}"#);
    check(
        "actions",
        r#"{"format_version":"1.2","resource_changes":[{"address":"a","change":{"actions":["a",31337]}}]}"#,
    );
    check("version", r#"{"format_version":"hush","resource_changes":[]}"#);
    check("major", r#"{"format_version":"2.hush","resource_changes":[]}"#);
    check("cut", r#"{"format_version":"1.2","variables":{"a":{"value":"hush"#);
    check("syntax", r#"{"format_version":"1.2","variables":{"a":{"value":"hush" hush}"#);
    check("values", r#"{"format_version":"1.0","values":"hush"}"#);
    check("twice", r#"{"format_version":"1.0","values":{},"values":{"hush":"hush"}}"#);
}

fn instance(name: &str, marks: &Value) -> Value {
    let options = json!({"http_tokens": "required", "http_put_response_hop_limit": 3});
    marked("aws_instance", name, &json!({"metadata_options": [options]}), &json!({}), marks)
}

/// One digit, a truth value, the account of an ARN: each is sensitive where it stands, and tells
/// nothing elsewhere.
#[test]
fn what_is_too_short_to_be_looked_for_is_hidden_where_it_is_said() {
    let limit = json!({"metadata_options": [{"http_put_response_hop_limit": true}]});
    let policy = open_policy("arn:aws:s3:::b", &format!("arn:aws:iam::{ACCOUNT}:root"), "x");
    let bucket = json!({"bucket": "b", "policy": policy.to_string(), "acl": "private"});
    let volume = json!({"encrypted": false, "type": "gp3"});
    let changes = [
        instance("i", &limit),
        instance("o", &json!({})),
        marked("aws_s3_bucket", "b", &bucket, &json!({}), &json!({"policy": true})),
        marked("aws_ebs_volume", "v", &volume, &json!({}), &json!({"encrypted": true})),
    ];
    let plan = json!({"format_version": "1.2", "resource_changes": changes});
    let redaction = read_plan(plan.to_string().as_bytes()).unwrap().redaction();
    let about = |address: &str, place: &str, text: &str| {
        redaction.redact_about(address, [&Pointer::configuration(place)], text)
    };
    let hops = "replies go 3 hops far";
    assert_eq!(about("aws_instance.i", "metadata_options", hops), "replies go (sensitive) hops far");
    assert_eq!(about("aws_instance.i", "metadata_options/http_tokens", hops), hops);
    assert_eq!(about("aws_instance.o", "metadata_options", hops), hops);
    let access = format!("it grants access to account {ACCOUNT}");
    assert_eq!(about("aws_s3_bucket.b", "policy/Statement/1", &access), "it grants access to account (sensitive)");
    assert_eq!(about("aws_s3_bucket.b", "acl", &access), access);
    assert_eq!(about("aws_ebs_volume.v", "encrypted", "encrypted is false"), "encrypted is (sensitive)");
    assert_eq!(redaction.redact("false for 3"), "false for 3");
    let hides = |address: &str, place: &str| redaction.hides(address, &Pointer::configuration(place));
    assert!(hides("aws_ebs_volume.v", "encrypted") && !hides("aws_ebs_volume.v", "volume_type"));
    assert!(hides("aws_s3_bucket.b", "policy") && !hides("aws_s3_bucket.b", "acl"));
    assert!(!hides("aws_instance.o", "metadata_options"));
}

/// What is live in a place that is declared sensitive is not shown either: it is the next secret.
#[test]
fn drift_shows_neither_side_of_a_sensitive_place() {
    let (folder, _) = folder();
    let policy = open_policy("arn:aws:s3:::b", "*", "x");
    let arn = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1";
    let resource = |kind: &str, values: &Value, marks: &Value| {
        json!({"address": format!("{kind}.one"), "mode": "managed", "type": kind, "name": "one",
               "values": values, "sensitive_values": marks})
    };
    let resources = [
        resource("aws_s3_bucket", &json!({"bucket": "b", "arn": "arn:aws:s3:::b", "tags": {}}), &json!({})),
        resource(
            "aws_s3_bucket_policy",
            &json!({"bucket": "b", "policy": policy.to_string()}),
            &json!({"policy": true}),
        ),
        resource(
            "aws_ebs_volume",
            &json!({"id": "vol-1", "arn": arn, "encrypted": true, "size": 1}),
            &json!({"encrypted": true}),
        ),
    ];
    let state = json!({"format_version": "1.0", "terraform_version": "1.11.4",
                       "values": {"root_module": {"resources": resources}}});
    let (mut live, _) =
        read_plan(state.to_string().as_bytes()).unwrap().snapshots("2026-11-22T00:00:00Z".parse().unwrap());
    for resource in &mut live.resources {
        match &mut resource.configuration {
            Configuration::Bucket(bucket) => {
                let statement = &mut bucket.policy.as_mut().unwrap().statement;
                statement.truncate(1);
                statement[0].action = Some(vec!["s3:hushlive".to_owned()]);
            }
            Configuration::Volume(volume) => volume.encrypted = Some(false),
            _ => {}
        }
        resource.unknown.clear();
    }
    file::write(&folder.path().join("live.json"), &live).unwrap();
    fs::write(folder.path().join("state.json"), state.to_string()).unwrap();
    for format in ["table", "json"] {
        let arguments = ["drift", "--declared", "state.json", "--snapshot", "live.json", "--format", format];
        let ended = run(&mut program(folder.path()), &arguments);
        let places = if format == "json" {
            ["/configuration/encrypted", "/configuration/policy"]
        } else {
            ["encrypted", "policy"]
        };
        for place in places {
            assert!(
                ended.stdout.contains(place),
                "{format} does not tell of {place}: {} {}",
                ended.stdout,
                ended.stderr
            );
        }
        assert!(ended.stdout.contains("(sensitive)"), "{format}: {}", ended.stdout);
        assert_silent(format, &ended.stdout);
        let told = ended.stdout.lines().filter(|line| line.contains("encrypted")).collect::<String>();
        assert!(!told.contains("true") && !told.contains("false"), "{format}: {told}");
    }
}
