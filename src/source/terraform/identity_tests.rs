//! Tests of the accounts and regions of planned resources, and of parts that stand behind other providers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::address::{module_of, steps};
use super::read_plan;
use crate::facts;
use crate::model::{AccountId, Configuration, Facts, Region, Resource, Snapshot};

const OWN: &str = "111111111111";
const OTHER: &str = "999988887777";

/// A plan with the default provider and others beside it.
struct Planned {
    providers: Map<String, Value>,
    variables: Value,
    changes: Vec<Value>,
    /// By the names of the module's calls.
    blocks: BTreeMap<Vec<String>, Vec<Value>>,
    calls: BTreeMap<Vec<String>, Value>,
}

impl Planned {
    fn new() -> Self {
        let plan = Self {
            providers: Map::new(),
            variables: json!({}),
            changes: Vec::new(),
            blocks: BTreeMap::from([(Vec::new(), Vec::new())]),
            calls: BTreeMap::new(),
        };
        plan.provider("aws", json!({"region": {"constant_value": "eu-central-1"}}))
    }

    /// A provider configuration; of one without arguments Terraform writes no expressions.
    fn provider(mut self, key: &str, expressions: Value) -> Self {
        let mut provider = json!({"name": "aws"});
        if expressions != json!({}) {
            provider["expressions"] = expressions;
        }
        self.providers.insert(key.to_owned(), provider);
        self
    }

    /// Who signs with a provider configuration.
    fn caller(self, provider: &str, account: &str) -> Self {
        let name = provider.replace(['.', ':'], "_");
        self.row(
            &format!("data.aws_caller_identity.{name}"),
            provider,
            "read",
            json!({"account_id": account}),
            json!({}),
        )
    }

    fn holds(self, address: &str, provider: &str, values: Value) -> Self {
        self.row(address, provider, "no-op", values, json!({}))
    }

    fn creates(self, address: &str, provider: &str, values: Value, expressions: Value) -> Self {
        self.row(address, provider, "create", values, expressions)
    }

    /// A block and its only instance, or one of its instances.
    fn row(mut self, address: &str, provider: &str, action: &str, values: Value, expressions: Value) -> Self {
        let path = steps(address).unwrap();
        let module: Vec<String> = module_of(&path).into_iter().map(|step| step.name).collect();
        let own = &path[module.len() * 2..];
        let (mode, own) = if own[0].name == "data" { ("data", &own[1..]) } else { ("managed", own) };
        let (kind, name) = (&own[0].name, &own[1].name);
        let of_key = |(_, rest): (&str, &str)| rest.trim_end_matches(']').trim_matches('"').to_owned();
        let index = address.rsplit_once('[').filter(|_| own[1].key.is_some()).map(of_key);
        let mut unknown = Map::new();
        for (attribute, expression) in expressions.as_object().unwrap() {
            if attribute != "for_each" && expression.get("references").is_some() && values.get(attribute).is_none() {
                unknown.insert(attribute.clone(), true.into());
            }
        }
        let before = if action == "no-op" { values.clone() } else { Value::Null };
        let mut change = json!({"actions": [action], "before": before, "after_unknown": unknown});
        change["after"] = values;
        self.changes.push(json!({
            "address": address, "mode": mode, "type": kind, "name": name, "index": index, "change": change,
        }));
        let blocks = self.blocks.entry(module).or_default();
        if !blocks.iter().any(|block| block["type"] == **kind && block["name"] == **name) {
            let mut block = json!({"mode": mode, "type": kind, "name": name, "provider_config_key": provider,
                "for_each_expression": expressions["for_each"]});
            block["expressions"] = expressions;
            blocks.push(block);
        }
        self
    }

    fn module(&self, path: &[String]) -> Value {
        let mut calls = Map::new();
        for below in self.blocks.keys().filter(|below| below.len() > path.len() && below.starts_with(path)) {
            let call = below[..=path.len()].to_vec();
            let expressions = self.calls.get(&call).cloned().unwrap_or_else(|| json!({}));
            let name = below[path.len()].clone();
            calls.insert(name, json!({"module": self.module(&call), "expressions": expressions}));
        }
        let blocks = self.blocks.get(path).cloned().unwrap_or_default();
        json!({"resources": blocks, "module_calls": calls, "variables": {"region": {}, "keys": {}}})
    }

    fn after(&self) -> Snapshot {
        let plan = json!({
            "format_version": "1.2", "complete": true, "variables": self.variables, "resource_changes": self.changes,
            "configuration": {"provider_config": self.providers, "root_module": self.module(&[])},
        });
        let mut after = read_plan(plan.to_string().as_bytes()).unwrap().snapshots(jiff::Timestamp::UNIX_EPOCH).1;
        facts::derive(&mut after);
        after
    }

    fn account(&self, address: &str) -> AccountId {
        of(&self.after(), address).account.clone()
    }
}

fn of<'s>(snapshot: &'s Snapshot, address: &str) -> &'s Resource {
    let is_it = |resource: &&Resource| resource.origin.terraform_address.as_deref() == Some(address);
    snapshot.resources.iter().find(is_it).unwrap_or_else(|| panic!("no {address}: {snapshot:?}"))
}

fn in_region(region: &str) -> Value {
    json!({"region": {"constant_value": region}})
}

/// A provider that assumes a role, of which the plan does not show the account.
fn assuming(role: &str) -> Value {
    json!({"region": {"constant_value": "eu-central-1"}, "assume_role": [{"role_arn": {"references": [role]}}]})
}

fn role() -> Value {
    json!({"name": "deploy", "path": "/", "assume_role_policy": "{}"})
}

#[test]
fn an_account_is_read_from_what_names_its_own() {
    let foreign_topic = format!("arn:aws:sns:eu-central-1:{OTHER}:central:0b0a");
    let others = [
        ("aws_sns_topic_subscription.s", json!({"arn": foreign_topic, "owner_id": OTHER})),
        ("aws_guardduty_member.s", json!({"account_id": OTHER})),
        ("aws_organizations_delegated_administrator.s", json!({"account_id": OTHER})),
    ];
    for (address, values) in others {
        let plan = Planned::new().holds(address, "aws", values).creates("aws_iam_role.r", "aws", role(), json!({}));
        assert_eq!(plan.account("aws_iam_role.r"), AccountId::unknown(), "{address}");
        assert_eq!(plan.caller("aws", OWN).account("aws_iam_role.r").as_str(), OWN, "{address}");
    }
    let queue = json!({"arn": format!("arn:aws:sqs:eu-central-1:{OWN}:q")});
    let plan =
        Planned::new().holds("aws_sqs_queue.q", "aws", queue).creates("aws_iam_role.r", "aws", role(), json!({}));
    assert_eq!(plan.account("aws_iam_role.r").as_str(), OWN);
}

#[test]
fn an_account_counts_for_providers_with_the_same_credentials() {
    let account = |expressions: Value| {
        let plan = Planned::new().provider("aws.peer", expressions).caller("aws.peer", OTHER);
        plan.creates("aws_iam_role.r", "aws", role(), json!({})).account("aws_iam_role.r")
    };
    assert_eq!(account(assuming("var.peer")), AccountId::unknown());
    assert_eq!(account(in_region("us-east-1")).as_str(), OTHER);
}

const SHUT: [&str; 4] = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/// A plan whose default provider shuts its account, with a bucket that everyone may read behind another.
fn shut_beside(provider: &str, expressions: Option<Value>) -> Planned {
    let shut: Map<String, Value> = SHUT.iter().map(|flag| ((*flag).to_owned(), true.into())).collect();
    let open: Map<String, Value> = SHUT.iter().map(|flag| ((*flag).to_owned(), false.into())).collect();
    let read = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shop/*"}]});
    let with_bucket = |mut values: Map<String, Value>| {
        values.insert("bucket".to_owned(), "shop".into());
        Value::Object(values)
    };
    let plan = match expressions {
        Some(expressions) => Planned::new().provider(provider, expressions),
        None => Planned::new(),
    };
    let module = provider.rsplit_once(':').map_or(String::new(), |(module, _)| format!("{module}."));
    let at = |kind: &str| format!("{module}{kind}.b");
    plan.creates("aws_s3_account_public_access_block.a", "aws", Value::Object(shut), json!({}))
        .creates(&at("aws_s3_bucket"), provider, json!({"bucket": "shop"}), json!({"bucket": {}}))
        .creates(&at("aws_s3_bucket_public_access_block"), provider, with_bucket(open), json!({}))
        .creates(
            &at("aws_s3_bucket_policy"),
            provider,
            json!({"bucket": "shop", "policy": read.to_string()}),
            json!({}),
        )
}

/// Whether the bucket is public, as far as it is known.
fn public(snapshot: &Snapshot) -> Option<bool> {
    snapshot.resources.iter().find_map(|resource| match &resource.facts {
        Some(Facts::Bucket(facts)) => Some(facts.public.value),
        _ => None,
    })?
}

#[test]
fn an_access_block_protects_buckets_of_its_own_account_only() {
    let shop = || Some(assuming("var.shop"));
    let of_provider = |provider: &str, expressions: Option<Value>| public(&shut_beside(provider, expressions).after());
    assert_eq!(of_provider("aws", None), Some(false));
    assert_eq!(of_provider("aws.west", Some(in_region("us-west-2"))), Some(false));
    assert_eq!(of_provider("aws.shop", shop()), None, "neither account is told");
    let plan = shut_beside("aws.shop", shop()).caller("aws", OWN);
    assert_eq!(public(&plan.after()), None, "one account is told");
    let plan = shut_beside("aws.shop", shop()).caller("aws", OWN).caller("aws.shop", OTHER);
    assert_eq!(public(&plan.after()), None, "both accounts are told");

    // What a configuration in a module may inherit.
    assert_eq!(of_provider("module.m:aws", Some(json!({}))), Some(false));
    assert_eq!(of_provider("module.m:aws", shop()), None);
    let written = shut_beside("module.m:aws", Some(json!({}))).provider("aws", assuming("var.main"));
    assert_eq!(public(&written.after()), None, "it signs with what the environment has");
    assert_eq!(of_provider("module.m:aws", None), Some(false));
    let given = shut_beside("module.m:aws", None).provider("aws.shop", assuming("var.shop"));
    assert_eq!(public(&given.after()), None, "it may have been given the other one");
}

#[test]
fn accounts_that_are_not_told_go_by_names_of_their_own() {
    let plan = shut_beside("aws.shop", Some(assuming("var.shop")))
        .provider("aws.till", assuming("var.till"))
        .provider("aws.west", in_region("us-west-2"))
        .creates("aws_iam_role.till", "aws.till", role(), json!({}))
        .creates("aws_iam_role.west", "aws.west", role(), json!({}))
        .creates("aws_iam_account_password_policy.shop", "aws.shop", json!({}), json!({}));
    let accounts = |plan: &Planned| {
        let after = plan.after();
        let account = |address: &str| of(&after, address).account.to_string();
        [
            "aws_s3_account_public_access_block.a",
            "aws_iam_role.west",
            "aws_s3_bucket.b",
            "aws_iam_account_password_policy.shop",
            "aws_iam_role.till",
        ]
        .map(account)
    };
    assert_eq!(accounts(&plan), ["unknown", "unknown", "unknown-2", "unknown-2", "unknown-3"]);
    assert_eq!(accounts(&plan.caller("aws.west", OWN)), [OWN, OWN, "unknown", "unknown", "unknown-2"]);
}

#[test]
fn a_nested_module_has_the_provider_of_those_above() {
    let inner = "module.outer.module.inner:aws";
    let plan = shut_beside(inner, Some(json!({}))).caller("aws", OWN).provider("aws.shop", assuming("var.shop"));
    let after = plan.caller("aws.shop", OTHER).after();
    let bucket = of(&after, "module.outer.module.inner.aws_s3_bucket.b");
    assert_eq!((bucket.account.as_str(), bucket.region.as_str()), (OWN, "eu-central-1"));
    assert_eq!(public(&after), Some(false));

    let plan = shut_beside(inner, Some(json!({}))).caller("aws", OWN).provider("module.outer:aws", assuming("var.x"));
    assert_eq!(public(&plan.after()), None, "the module between has another");
}

#[test]
fn a_provider_in_a_module_has_the_variables_of_the_module() {
    let by_variable = || json!({"region": {"references": ["var.region"]}});
    let volume = |address: &str, provider: &str, call: Value| {
        let mut plan = Planned::new().provider("aws", by_variable()).provider("module.dr:aws", by_variable());
        plan.variables = json!({"region": {"value": "eu-central-1"}});
        plan.calls.insert(vec!["dr".to_owned()], call);
        let plan = plan.creates(address, provider, json!({"size": 10}), json!({}));
        of(&plan.after(), address).region.clone()
    };
    let region = |region: &str| Region::new(region).unwrap();
    let called =
        |expression: Value| volume("module.dr.aws_ebs_volume.v", "module.dr:aws", json!({"region": expression}));
    assert_eq!(volume("aws_ebs_volume.v", "aws", json!({})), region("eu-central-1"));
    assert_eq!(called(json!({"constant_value": "us-east-1"})), region("us-east-1"));
    assert_eq!(called(json!({"references": ["var.region"]})), region("eu-central-1"));
    assert_eq!(called(json!({"references": ["local.region"]})), Region::unknown());
    assert_eq!(called(json!({"references": ["var.region", "var.other"]})), Region::unknown(), "one of them");
}

/// The flags of each of two buckets, whose blocks name one of them by an expression.
fn blocked(for_each: &Value, references: &[&str]) -> [Option<bool>; 2] {
    let mut plan = Planned::new();
    plan.variables = json!({"keys": {"value": {"left": {"bucket": "right"}, "right": {"bucket": "left"}}},
        "names": {"value": ["left", "right"]}});
    for key in ["left", "right"] {
        plan = plan.creates(&format!("aws_s3_bucket.m[\"{key}\"]"), "aws", json!({}), json!({"for_each": {}}));
        let flags: Map<String, Value> = SHUT.iter().map(|flag| ((*flag).to_owned(), (key == "left").into())).collect();
        plan = plan.creates(
            &format!("aws_s3_bucket_public_access_block.m[\"{key}\"]"),
            "aws",
            Value::Object(flags),
            json!({"for_each": for_each, "bucket": {"references": references}}),
        );
    }
    let after = plan.after();
    ["left", "right"].map(|key| match &of(&after, &format!("aws_s3_bucket.m[\"{key}\"]")).configuration {
        Configuration::Bucket(bucket) => bucket.public_access_block.as_ref().map(|flags| flags.block_public_acls),
        other => panic!("{other:?}"),
    })
}

#[test]
fn what_each_holds_is_looked_up_before_it_is_a_key() {
    let (same, crossed, doubt) = ([Some(true), Some(false)], [Some(false), Some(true)], [None, None]);
    let by_keys = json!({"references": ["var.keys"]});
    let bucket = ["aws_s3_bucket.m"];
    let with = |more: &[&'static str]| [bucket.as_slice(), more].concat();
    assert_eq!(blocked(&by_keys, &with(&["each.key"])), same);
    assert_eq!(blocked(&by_keys, &with(&["each.value.bucket", "each.value"])), crossed);
    assert_eq!(blocked(&by_keys, &with(&["each.key", "each.value.bucket", "each.value"])), doubt, "one of the two");
    assert_eq!(blocked(&by_keys, &with(&["each.key", "each.value.size", "each.value"])), doubt, "it is not shown");
    let literal = json!({"constant_value": {"left": "right", "right": "left"}});
    assert_eq!(blocked(&literal, &with(&["each.value"])), crossed);
    assert_eq!(blocked(&json!({"references": ["local.keys"]}), &with(&["each.value.bucket", "each.value"])), doubt);
    // Of a set the value is the key.
    assert_eq!(blocked(&json!({}), &with(&["each.value"])), same);
    assert_eq!(blocked(&json!({"references": ["var.names"]}), &with(&["each.value"])), same);
}
