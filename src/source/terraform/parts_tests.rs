//! Tests of parts of buckets and principals that are hard to place: which move, which several may
//! have, and whose owner the plan does not hold. Small plans, written out.

use serde_json::{Map, Value, json};

use super::{Plan, read_plan};
use crate::facts;
use crate::model::{Configuration, Facts, Pointer, Resource, ResourceType, Snapshot};

/// A plan in the making.
#[derive(Default)]
struct Written {
    changes: Vec<Value>,
    prior: Vec<Value>,
    blocks: Vec<Value>,
}

/// What an attribute waits for.
fn refers(to: &[&str]) -> Value {
    let chain = |reference: &&str| {
        let parts: Vec<&str> = reference.split('.').collect();
        let whole = if parts[0] == "data" { 3 } else { 2 };
        (whole..=parts.len()).rev().map(|count| parts[..count].join(".")).collect::<Vec<_>>()
    };
    json!({"references": to.iter().flat_map(chain).collect::<Vec<_>>()})
}

fn later() -> Value {
    refers(&["terraform_data.x.output"])
}

impl Written {
    fn block(&mut self, address: &str, expressions: &Value) -> (String, String, &'static str) {
        let mode = if address.starts_with("data.") { "data" } else { "managed" };
        let (kind, name) = address.trim_start_matches("data.").split_once('.').unwrap();
        self.blocks.push(json!({"address": address, "mode": mode, "type": kind, "name": name,
                                "provider_config_key": "aws", "expressions": expressions}));
        (kind.to_owned(), name.to_owned(), mode)
    }

    fn change(mut self, address: &str, before: &Value, after: &Value, unknown: &Value, expressions: &Value) -> Self {
        let (kind, name, mode) = self.block(address, expressions);
        let action = match (before.is_null(), after.is_null()) {
            (true, _) if mode == "data" => "read",
            (true, _) => "create",
            (_, true) => "delete",
            _ => "update",
        };
        if !before.is_null() {
            self.prior.push(json!({"address": address, "mode": mode, "type": kind, "name": name, "values": before}));
        }
        let change = json!({"actions": [action], "before": before, "after": after, "after_unknown": unknown});
        self.changes.push(json!({"address": address, "mode": mode, "type": kind, "name": name, "change": change}));
        self
    }

    /// A resource to be created; the unknown attributes are those with an expression and without a value.
    fn created(self, address: &str, after: &Value, expressions: &Value) -> Self {
        let open = expressions.as_object().unwrap().keys().filter(|name| after.get(name).is_none());
        let unknown: Map<String, Value> = open.map(|name| (name.clone(), json!(true))).collect();
        self.change(address, &Value::Null, after, &Value::Object(unknown), expressions)
    }

    fn old(self, address: &str, value: &Value) -> Self {
        self.change(address, value, value, &json!({}), &json!({}))
    }

    fn gone(self, address: &str, before: &Value) -> Self {
        self.change(address, before, &Value::Null, &json!({}), &json!({}))
    }

    /// A data source that was read.
    fn read(mut self, address: &str, value: &Value) -> Self {
        let (kind, name, mode) = self.block(address, &json!({}));
        self.prior.push(json!({"address": address, "mode": mode, "type": kind, "name": name, "values": value}));
        self
    }

    fn plan(&self) -> Plan {
        let region = json!({"region": {"constant_value": "eu-central-1"}});
        let plan = json!({
            "format_version": "1.2", "complete": true, "resource_changes": self.changes,
            "variables": {"flag": {"value": false}},
            "prior_state": {"values": {"root_module": {"resources": self.prior}}},
            "configuration": {
                "provider_config": {"aws": {"expressions": region}},
                "root_module": {"resources": self.blocks, "variables": {"flag": {}, "nothing": {}}},
            },
        });
        read_plan(plan.to_string().as_bytes()).unwrap()
    }

    fn sides(&self) -> (Snapshot, Snapshot) {
        let (mut before, mut after) = self.plan().snapshots(jiff::Timestamp::UNIX_EPOCH);
        facts::derive(&mut before);
        facts::derive(&mut after);
        (before, after)
    }

    fn after(&self) -> Snapshot {
        self.sides().1
    }
}

fn find<'s>(snapshot: &'s Snapshot, resource_type: ResourceType, address: &str) -> &'s Resource {
    let is_it = |resource: &&Resource| {
        resource.resource_type == resource_type && resource.origin.terraform_address.as_deref() == Some(address)
    };
    let mut found = snapshot.resources.iter().filter(is_it);
    let first = found.next().unwrap_or_else(|| panic!("no {resource_type} {address}"));
    assert!(found.next().is_none(), "several {resource_type} {address}");
    first
}

/// What stands at a place of the configuration: a value, or why it is unknown.
fn at(resource: &Resource, place: &str) -> Result<Value, String> {
    let pointer = Pointer::new(format!("/configuration/{place}"));
    match resource.origin.unknown_because.iter().find(|(unknown, _)| unknown.covers(&pointer)) {
        Some((_, why)) => Err(why.clone()),
        None => Ok(pointer.resolve(&resource.document()).cloned().unwrap_or_default()),
    }
}

fn is_admin(resource: &Resource) -> Option<bool> {
    match resource.facts.as_ref().unwrap() {
        Facts::Role(facts) => facts.admin.value,
        Facts::User(facts) | Facts::Group(facts) => facts.admin.value,
        other => panic!("{other:?}"),
    }
}

fn policy(statement: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn everything() -> String {
    policy(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))
}

fn little() -> String {
    policy(&json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}))
}

fn public() -> String {
    policy(&json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::live/*"}))
}

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn role(inline: &Value, managed: &Value) -> Value {
    json!({"name": "r", "id": "r", "arn": "arn:aws:iam::111122223333:role/r", "path": "/", "assume_role_policy": little(),
           "inline_policy": inline, "managed_policy_arns": managed})
}

fn new_role(name: &str) -> Value {
    json!({"name": name, "path": "/", "assume_role_policy": little()})
}

#[test]
fn an_inline_policy_that_moves_into_its_role_is_what_the_role_says() {
    let (harmless, all) = (json!([{"name": "p", "policy": little()}]), json!([{"name": "p", "policy": everything()}]));
    let part = json!({"name": "p", "role": "r", "policy": little()});
    let block = json!({"inline_policy": [{"name": {"constant_value": "p"}, "policy": {}}]});
    let moved = |before: &Value, after: &Value, block: &Value| {
        let (before, after) = (role(before, &json!([])), role(after, &json!([])));
        let plan = Written::default().change("aws_iam_role.r", &before, &after, &json!({}), block);
        let snapshot = plan.gone("aws_iam_role_policy.p", &part).after();
        is_admin(find(&snapshot, ResourceType::Role, "aws_iam_role.r"))
    };
    assert_eq!(moved(&harmless, &all, &block), Some(true));
    assert_eq!(moved(&all, &all, &block), Some(true), "the echo of what was is configured now");
    assert_eq!(moved(&harmless, &all, &json!({})), Some(true), "by a dynamic block, which no plan shows");
    assert_eq!(moved(&all, &all, &json!({})), Some(false), "what only echoes goes with its resource");
}

#[test]
fn a_part_that_moves_into_its_bucket_is_what_the_bucket_says() {
    let bucket = |policy: &str, acl: &str| {
        json!({"bucket": "live", "id": "live", "arn": "arn:aws:s3:::live", "policy": policy, "acl": acl,
               "grant": [{"id": "abc", "permissions": ["FULL_CONTROL"]}]})
    };
    let parts = |plan: Written| {
        let private = json!({"bucket": "live", "acl": "private"});
        plan.gone("aws_s3_bucket_policy.p", &json!({"bucket": "live", "policy": little()}))
            .gone("aws_s3_bucket_acl.a", &private)
            .after()
    };
    let (before, after) = (bucket(&little(), ""), bucket(&public(), "public-read"));
    let expressions = json!({"policy": {}, "acl": {"constant_value": "public-read"}});
    let snapshot = parts(Written::default().change("aws_s3_bucket.b", &before, &after, &json!({}), &expressions));
    let moved = find(&snapshot, ResourceType::Bucket, "aws_s3_bucket.b");
    assert_eq!(at(moved, "policy/Statement/0/Principal"), Ok(json!({"AWS": ["*"]})));
    assert_eq!(at(moved, "acl/0/permission"), Ok(json!("READ")));

    let null = json!({"policy": refers(&["var.nothing"])});
    for expressions in [json!({}), null] {
        let snapshot = parts(Written::default().change("aws_s3_bucket.b", &before, &before, &json!({}), &expressions));
        let left = find(&snapshot, ResourceType::Bucket, "aws_s3_bucket.b");
        assert_eq!(at(left, "policy"), Ok(Value::Null), "{expressions}");
    }
}

#[test]
fn principals_that_one_list_names_go_by_addresses_of_their_own() {
    let list = json!({"name": "readers", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "roles": ["app", "web"],
                      "users": [], "groups": []});
    let own = json!({"role": "app", "name": "everything", "policy": everything()});
    let plan = Written::default().created("aws_iam_policy_attachment.readers", &list, &json!({})).created(
        "aws_iam_role_policy.app",
        &own,
        &json!({}),
    );
    let snapshot = plan.after();
    let address = |name: &str| format!("aws_iam_policy_attachment.readers[\"{name}\"]");
    let app = find(&snapshot, ResourceType::Role, &address("app"));
    assert_eq!((app.name.as_str(), is_admin(app)), ("app", Some(true)));
    assert_eq!(is_admin(find(&snapshot, ResourceType::Role, &address("web"))), None);
    let changed = plan.plan().changed();
    assert_eq!(changed.get(&address("web")), Some(&vec!["create".to_owned()]));
}

#[test]
fn what_belongs_to_nobody_in_the_plan_goes_by_its_own_address() {
    let outputs = refers(&["aws_cloudformation_stack.s.outputs"]);
    let open = json!({"block_public_acls": false, "ignore_public_acls": false, "block_public_policy": false,
                      "restrict_public_buckets": false});
    let point = "arn:aws:s3:eu-central-1:111122223333:accesspoint/ap";
    let snapshot = Written::default()
        .created("aws_cloudformation_stack.s", &json!({"name": "s"}), &json!({"outputs": {}}))
        .created("aws_s3_bucket_policy.p", &json!({"policy": public()}), &json!({"bucket": outputs, "policy": {}}))
        .created("aws_s3_bucket_public_access_block.p", &open, &json!({"bucket": outputs}))
        .created("aws_iam_role_policy.p", &json!({"name": "p", "policy": everything()}), &json!({"role": outputs}))
        .created(
            "aws_s3control_access_point_policy.p",
            &json!({"access_point_arn": point, "policy": public()}),
            &json!({}),
        )
        .created(
            "aws_s3control_access_point_policy.q",
            &json!({"policy": public()}),
            &json!({"access_point_arn": outputs}),
        )
        .after();
    let everybody = Ok(json!({"AWS": ["*"]}));
    let bucket = find(&snapshot, ResourceType::Bucket, "aws_s3_bucket_policy.p");
    assert_eq!(at(bucket, "policy/Statement/0/Principal"), everybody);
    assert!(at(bucket, "public_access_block").is_err());
    assert_eq!(bucket.id.as_str(), "terraform:aws_s3_bucket_policy.p");
    let block = find(&snapshot, ResourceType::Bucket, "aws_s3_bucket_public_access_block.p");
    assert_eq!(at(block, "public_access_block/block_public_policy"), Ok(json!(false)));
    assert_eq!(is_admin(find(&snapshot, ResourceType::Role, "aws_iam_role_policy.p")), Some(true));
    let named = find(&snapshot, ResourceType::AccessPoint, "aws_s3control_access_point_policy.p");
    assert_eq!(at(named, "policy/Statement/0/Principal"), everybody);
    assert_eq!((named.id.as_str(), named.name.as_str(), named.account.as_str()), (point, "ap", "111122223333"));
    assert!(at(named, "bucket").is_err() && at(named, "public_access_block").is_err());
    let nameless = find(&snapshot, ResourceType::AccessPoint, "aws_s3control_access_point_policy.q");
    assert_eq!(nameless.id.as_str(), "terraform:aws_s3control_access_point_policy.q");
}

#[test]
fn a_part_that_may_belong_to_a_new_bucket_stays_in_doubt_there() {
    let snapshot = Written::default()
        .created("aws_s3_bucket.b", &json!({}), &json!({"bucket": later()}))
        .created("aws_s3_bucket_policy.p", &json!({"policy": public()}), &json!({"bucket": refers(&["local.name"])}))
        .after();
    assert!(at(find(&snapshot, ResourceType::Bucket, "aws_s3_bucket.b"), "policy").is_err());
    assert_eq!(snapshot.resources.iter().filter(|one| one.resource_type == ResourceType::Bucket).count(), 1);
}

/// One member that is known after apply.
fn one_unknown(list: &str) -> Value {
    json!({list: [true]})
}

#[test]
fn a_member_of_a_list_that_leads_elsewhere_is_not_lost() {
    let nothing = Value::Null;
    let list = |name: &str| json!({name: later()});
    let snapshot = Written::default()
        .created("terraform_data.x", &json!({}), &json!({"output": {}}))
        .change(
            "aws_iam_role.m",
            &nothing,
            &new_role("m"),
            &one_unknown("managed_policy_arns"),
            &list("managed_policy_arns"),
        )
        .created("aws_iam_role.e", &new_role("e"), &json!({}))
        .change(
            "aws_iam_role_policy_attachments_exclusive.e",
            &nothing,
            &json!({"role_name": "e"}),
            &one_unknown("policy_arns"),
            &list("policy_arns"),
        )
        .created("aws_iam_user.u", &json!({"name": "u", "path": "/"}), &json!({}))
        .change(
            "aws_iam_user_group_membership.u",
            &nothing,
            &json!({"user": "u"}),
            &one_unknown("groups"),
            &list("groups"),
        )
        .change(
            "aws_iam_policy_attachment.a",
            &nothing,
            &json!({"policy_arn": ADMIN}),
            &one_unknown("users"),
            &list("users"),
        )
        .after();
    for (resource_type, address, place) in [
        (ResourceType::Role, "aws_iam_role.m", "attached_policies/0"),
        (ResourceType::Role, "aws_iam_role.e", "attached_policies/0"),
        (ResourceType::User, "aws_iam_user.u", "groups/0"),
        (ResourceType::User, "aws_iam_user.u", "attached_policies/0"),
    ] {
        let resource = find(&snapshot, resource_type, address);
        let why = at(resource, place).unwrap_err();
        assert!(why.contains("terraform_data.x.output"), "{address} {place}: {why}");
        assert_eq!(is_admin(resource), None, "{address}");
    }
}

#[test]
fn what_a_condition_chooses_from_is_not_all_there() {
    let made = |name: &str, document: String| json!({"name": name, "path": "/", "policy": document});
    let attached = |references: &[&str], count: usize| {
        let snapshot = Written::default()
            .created("aws_iam_policy.admin", &made("admin", everything()), &json!({"arn": {}}))
            .created("aws_iam_policy.read", &made("read", little()), &json!({"arn": {}}))
            .change(
                "aws_iam_role.r",
                &Value::Null,
                &new_role("r"),
                &json!({"managed_policy_arns": vec![true; count]}),
                &json!({"managed_policy_arns": refers(references)}),
            )
            .after();
        is_admin(find(&snapshot, ResourceType::Role, "aws_iam_role.r"))
    };
    let (admin, read) = ("aws_iam_policy.admin.arn", "aws_iam_policy.read.arn");
    assert_eq!(attached(&[admin, read], 2), Some(true));
    assert_eq!(attached(&["var.flag", admin, read], 1), None, "one of two");
    assert_eq!(attached(&[admin, "terraform_data.x.output"], 1), None, "one, or something else");
    assert_eq!(attached(&[admin, "terraform_data.x.output"], 2), Some(true), "one, and something else");
    assert_eq!(attached(&[read, "terraform_data.x.output"], 2), None);
    assert_eq!(attached(&[read], 1), Some(false));
}

#[test]
fn documents_that_a_condition_chooses_from_are_not_merged() {
    let statement = |effect: &str| {
        json!({"statement": [{"effect": effect, "actions": ["s3:GetObject"], "resources": ["*"],
                              "principals": [{"type": "*", "identifiers": ["*"]}]}]})
    };
    let written = json!({"statement": [{"effect": {}, "actions": {}, "resources": {}, "principals": [{}]}]});
    let json_later = json!({"json": true});
    let merged = |references: &[&str], count: usize| {
        let sources = json!({"source_policy_documents": refers(references)});
        let unknown = json!({"json": true, "source_policy_documents": vec![true; count]});
        let document = refers(&["data.aws_iam_policy_document.all.json"]);
        let snapshot = Written::default()
            .change("data.aws_iam_policy_document.open", &Value::Null, &statement("Allow"), &json_later, &written)
            .change("data.aws_iam_policy_document.shut", &Value::Null, &statement("Deny"), &json_later, &written)
            .change("data.aws_iam_policy_document.all", &Value::Null, &json!({}), &unknown, &sources)
            .created("aws_s3_bucket.b", &json!({"bucket": "b"}), &json!({}))
            .created("aws_s3_bucket_policy.b", &json!({"bucket": "b"}), &json!({"policy": document}))
            .after();
        let bucket = find(&snapshot, ResourceType::Bucket, "aws_s3_bucket.b");
        let Configuration::Bucket(bucket) = &bucket.configuration else { unreachable!("{bucket:?}") };
        bucket.policy.as_ref().map(|policy| policy.statement.len())
    };
    let (open, shut) = ("data.aws_iam_policy_document.open.json", "data.aws_iam_policy_document.shut.json");
    assert_eq!(merged(&[open, shut], 2), Some(2));
    assert_eq!(merged(&[open], 1), Some(1));
    assert_eq!(merged(&["var.flag", open, shut], 1), Some(0), "neither of the two for certain");
}

#[test]
fn an_inline_policy_without_a_known_name_grants_all_the_same() {
    let block = |document: String| {
        let expressions = json!({"inline_policy": [{"name": later(), "policy": {}}]});
        let mut after = new_role("r");
        after["inline_policy"] = json!([{"policy": document}]);
        let unknown = json!({"inline_policy": [{"name": true}]});
        Written::default().change("aws_iam_role.r", &Value::Null, &after, &unknown, &expressions).after()
    };
    let role = |snapshot: &Snapshot| is_admin(find(snapshot, ResourceType::Role, "aws_iam_role.r"));
    assert_eq!((role(&block(everything())), role(&block(little()))), (Some(true), Some(false)));
    let part = |document: String| {
        let policy = json!({"role": "r", "policy": document});
        Written::default()
            .created("aws_iam_role.r", &new_role("r"), &json!({}))
            .change("aws_iam_role_policy.p", &Value::Null, &policy, &json!({"name": true}), &json!({"policy": {}}))
            .after()
    };
    assert_eq!((role(&part(everything())), role(&part(little()))), (Some(true), Some(false)));
}

#[test]
fn an_exclusive_set_that_keeps_a_policy_does_not_say_what_is_in_it() {
    let group = json!({"name": "ops", "id": "ops", "arn": "arn:aws:iam::111122223333:group/ops", "path": "/"});
    let kept = |names: &[&str]| {
        let snapshot = Written::default()
            .old("aws_iam_group.ops", &group)
            .old("aws_iam_group_policy.own", &json!({"group": "ops", "name": "own", "policy": little()}))
            .created(
                "aws_iam_group_policies_exclusive.ops",
                &json!({"group_name": "ops", "policy_names": names}),
                &json!({}),
            )
            .created(
                "aws_iam_group_policy_attachments_exclusive.ops",
                &json!({"group_name": "ops", "policy_arns": []}),
                &json!({}),
            )
            .after();
        is_admin(find(&snapshot, ResourceType::Group, "aws_iam_group.ops"))
    };
    assert_eq!(kept(&["own"]), Some(false));
    assert_eq!(kept(&["own", "breakglass"]), None);
    let snapshot = Written::default()
        .created("aws_iam_role_policies_exclusive.x", &json!({"role_name": "x", "policy_names": ["kept"]}), &json!({}))
        .after();
    let outside = find(&snapshot, ResourceType::Role, "aws_iam_role_policies_exclusive.x");
    assert_eq!(
        at(outside, "inline_policies/0"),
        Err("the document of inline policy kept is not in the plan".to_owned())
    );
}

#[test]
fn a_role_outside_the_plan_stays_when_its_last_policy_is_taken() {
    let attachment = json!({"role": "made-elsewhere", "policy_arn": ADMIN});
    let (before, after) = Written::default().gone("aws_iam_role_policy_attachment.z", &attachment).sides();
    let admin = |snapshot: &Snapshot| is_admin(find(snapshot, ResourceType::Role, "aws_iam_role_policy_attachment.z"));
    assert_eq!((admin(&before), admin(&after)), (Some(true), None));
}

#[test]
fn a_policy_that_a_data_source_has_read_says_what_it_grants() {
    let arn = "arn:aws:iam::111122223333:policy/ext";
    let snapshot = Written::default()
        .read("data.aws_iam_policy.x", &json!({"arn": arn, "name": "ext", "path": "/", "policy": everything()}))
        .read("data.aws_iam_policy.y", &json!({"arn": format!("{arn}-y"), "name": "y", "policy": everything()}))
        .created("aws_iam_role.r", &new_role("r"), &json!({}))
        .created("aws_iam_role_policy_attachment.a", &json!({"role": "r", "policy_arn": arn}), &json!({}))
        .after();
    assert_eq!(is_admin(find(&snapshot, ResourceType::Role, "aws_iam_role.r")), Some(true));
    assert_eq!(find(&snapshot, ResourceType::ManagedPolicy, "data.aws_iam_policy.x").id.as_str(), arn);
    let policies = snapshot.resources.iter().filter(|one| one.resource_type == ResourceType::ManagedPolicy);
    assert_eq!(policies.count(), 1, "nobody has the other");
}

#[test]
fn full_control_of_another_account_is_not_taken_for_the_owners() {
    let grants = |id: &str, id_expression: &Value, permissions: &Value, unknown: &Value| {
        let grant = json!({"id": id, "permissions": permissions, "uri": ""});
        let expressions =
            json!({"bucket": {"constant_value": "b"}, "grant": [{"id": id_expression, "permissions": later()}]});
        let after = json!({"bucket": "b", "grant": [grant]});
        let snapshot = Written::default()
            .read("data.aws_canonical_user_id.own", &json!({"id": "0wn"}))
            .change(
                "aws_s3_bucket.b",
                &Value::Null,
                &after,
                &json!({"grant": [{"permissions": unknown}]}),
                &expressions,
            )
            .after();
        at(find(&snapshot, ResourceType::Bucket, "aws_s3_bucket.b"), "acl/0/grantee")
    };
    let full = json!(["FULL_CONTROL"]);
    let own = refers(&["data.aws_canonical_user_id.own.id"]);
    assert_eq!(grants("0wn", &own, &full, &json!([false])), Ok(json!("owner")));
    assert_eq!(grants("f0reign", &own, &full, &json!([false])), Ok(json!("f0reign")));
    let constant = json!({"constant_value": "f0reign"});
    assert!(grants("f0reign", &constant, &full, &json!([false])).unwrap_err().contains("whether f0reign is the owner"));
    let why = grants("0wn", &own, &json!([null]), &json!([true])).unwrap_err();
    assert!(why.contains("terraform_data.x.output"), "{why}");
}

#[test]
fn parts_of_directory_buckets_are_not_those_of_a_bucket() {
    let snapshot = Written::default()
        .created("aws_s3_bucket.b", &json!({"bucket": "normal"}), &json!({}))
        .created("aws_s3_directory_bucket.d", &json!({}), &json!({"bucket": later()}))
        .created(
            "aws_s3_bucket_policy.d",
            &json!({"policy": public()}),
            &json!({"bucket": refers(&["aws_s3_directory_bucket.d.bucket"])}),
        )
        .created("aws_s3_bucket_policy.e", &json!({"bucket": "x--euc1-az1--x-s3", "policy": public()}), &json!({}))
        .after();
    let buckets = snapshot.resources.iter().filter(|one| one.resource_type == ResourceType::Bucket);
    assert_eq!(buckets.count(), 1);
    assert_eq!(at(find(&snapshot, ResourceType::Bucket, "aws_s3_bucket.b"), "policy"), Ok(Value::Null));
}
