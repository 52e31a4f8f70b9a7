//! Tests of documents that no fixture can show: plans in the shapes of other versions of Terraform and of
//! its providers, written out.

use serde_json::{Value, json};

use super::{Plan, read_plan};
use crate::model::{MetadataOptions, Pointer, RegionSettings, Resource, ResourceId, Snapshot};

/// A plan that creates what it holds.
#[derive(Default)]
struct Planned {
    changes: Vec<Value>,
    blocks: Vec<Value>,
}

impl Planned {
    /// A block with one instance that has no key. `TYPE.NAME`, or `data.TYPE.NAME`.
    fn with(self, address: &str, after: &Value, unknown: &Value, expressions: &Value) -> Self {
        self.block(address, expressions).instance(address, None, after, unknown)
    }

    fn block(mut self, address: &str, expressions: &Value) -> Self {
        let (mode, kind, name) = named(address);
        self.blocks.push(json!({"address": address, "mode": mode, "type": kind, "name": name,
                                "provider_config_key": "aws", "expressions": expressions}));
        self
    }

    fn instance(mut self, block: &str, key: Option<&str>, after: &Value, unknown: &Value) -> Self {
        let (mode, kind, name) = named(block);
        let address = key.map_or_else(|| block.to_owned(), |key| format!("{block}[\"{key}\"]"));
        let action = if mode == "data" { "read" } else { "create" };
        let change = json!({"actions": [action], "before": null, "after": after, "after_unknown": unknown});
        self.changes.push(json!({"address": address, "mode": mode, "type": kind, "name": name, "index": key,
                                 "change": change}));
        self
    }

    fn plan(&self) -> Plan {
        let provider = json!({"region": {"constant_value": "eu-central-1"},
                              "allowed_account_ids": {"constant_value": ["123456789012"]}});
        let plan = json!({
            "format_version": "1.2", "complete": true, "resource_changes": self.changes,
            "configuration": {
                "provider_config": {"aws": {"name": "aws", "expressions": provider}},
                "root_module": {"resources": self.blocks},
            },
        });
        read_plan(plan.to_string().as_bytes()).unwrap()
    }

    fn after(&self) -> Snapshot {
        self.plan().snapshots(jiff::Timestamp::UNIX_EPOCH).1
    }

    /// The same beside a scan of these settings of its region.
    fn beside(&self, settings: RegionSettings, unread: Option<&str>) -> Snapshot {
        let id = ResourceId::new("arn:aws:ec2:eu-central-1:123456789012:region-settings").unwrap();
        let (account, region) = ("123456789012".parse().unwrap(), "eu-central-1".parse().unwrap());
        let mut live = Resource::new(id, account, region, "eu-central-1", settings);
        if let Some(place) = unread {
            live.mark_unknown(Pointer::configuration(place));
        }
        let mut scan = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
        scan.resources.push(live);
        self.plan().snapshots_beside(&scan, jiff::Timestamp::UNIX_EPOCH).1
    }
}

fn named(block: &str) -> (&str, &str, &str) {
    let (mode, rest) = block.strip_prefix("data.").map_or(("managed", block), |rest| ("data", rest));
    let (kind, name) = rest.split_once('.').unwrap();
    (mode, kind, name)
}

fn of<'s>(snapshot: &'s Snapshot, address: &str) -> &'s Resource {
    let is_it = |resource: &&Resource| resource.origin.terraform_address.as_deref() == Some(address);
    snapshot.resources.iter().find(is_it).unwrap()
}

/// What stands at a place of the configuration: a value, or why it is unknown.
fn at(resource: &Resource, place: &str) -> Result<Value, String> {
    let pointer = Pointer::new(format!("/configuration/{place}"));
    match resource.origin.unknown_because.iter().find(|(unknown, _)| unknown.covers(&pointer)) {
        Some((_, why)) => Err(why.clone()),
        None => Ok(pointer.resolve(&resource.document()).cloned().unwrap_or_default()),
    }
}

const DOCUMENT: &str = "data.aws_iam_policy_document.d";

/// A document for one action that is not read yet, and why its text is not known.
fn document(action: &str) -> (Value, Value) {
    let statement = json!([{"actions": [action], "effect": "Allow", "resources": [null]}]);
    (
        json!({"statement": statement}),
        json!({"json": true, "id": true, "statement": [{"actions": [false], "resources": [true]}]}),
    )
}

fn policy(references: &[&str]) -> Value {
    json!({"name": {"constant_value": "p"}, "policy": {"references": references}})
}

/// What a policy allows, or why that is not known.
fn allowed(snapshot: &Snapshot, address: &str) -> Result<Value, String> {
    at(of(snapshot, address), "document/Statement/0/Action/0")
}

#[test]
fn a_document_is_found_though_an_old_terraform_does_not_name_its_text() {
    let (after, unknown) = document("s3:GetObject");
    let plan = Planned::default().with(DOCUMENT, &after, &unknown, &json!({})).with(
        "aws_iam_policy.p",
        &json!({"name": "p"}),
        &json!({"policy": true}),
        &policy(&[DOCUMENT]),
    );
    assert_eq!(allowed(&plan.after(), "aws_iam_policy.p"), Ok(json!("s3:getobject")));
}

#[test]
fn of_several_instances_of_a_document_it_is_the_one_with_the_same_key() {
    let mut plan = Planned::default().block(DOCUMENT, &json!({}));
    for (key, action) in [("one", "s3:GetObject"), ("two", "s3:PutObject")] {
        let (after, unknown) = document(action);
        plan = plan.instance(DOCUMENT, Some(key), &after, &unknown);
    }
    plan = plan.block("aws_iam_policy.same", &policy(&[DOCUMENT, "each.key"]));
    for key in ["one", "two", "three"] {
        plan = plan.instance("aws_iam_policy.same", Some(key), &json!({"name": key}), &json!({"policy": true}));
    }
    let (name, open) = (json!({"name": "p"}), json!({"policy": true}));
    plan = plan.with("aws_iam_policy.other", &name, &open, &policy(&[DOCUMENT, "var.key"]));
    plan = plan.with("aws_iam_policy.any", &name, &open, &policy(&[DOCUMENT]));
    let first = format!("{DOCUMENT}[\"one\"].json");
    plan = plan.with("aws_iam_policy.first", &name, &open, &policy(&[&first]));
    let snapshot = plan.after();
    assert_eq!(allowed(&snapshot, "aws_iam_policy.same[\"one\"]"), Ok(json!("s3:getobject")));
    assert_eq!(allowed(&snapshot, "aws_iam_policy.same[\"two\"]"), Ok(json!("s3:putobject")));
    assert_eq!(allowed(&snapshot, "aws_iam_policy.first"), Ok(json!("s3:getobject")));
    assert!(allowed(&snapshot, "aws_iam_policy.same[\"three\"]").unwrap_err().contains("waits for"));
    for address in ["aws_iam_policy.other", "aws_iam_policy.any"] {
        let why = allowed(&snapshot, address).unwrap_err();
        assert!(why.ends_with("the plan does not tell which of 2 instances"), "{why}");
    }
}

#[test]
fn documents_merged_from_some_instances_of_another_may_hold_more() {
    const MERGED: &str = "data.aws_iam_policy_document.merged";
    let mut plan = Planned::default().block(DOCUMENT, &json!({}));
    for (key, action) in [("one", "s3:GetObject"), ("two", "s3:PutObject")] {
        let (after, unknown) = document(action);
        plan = plan.instance(DOCUMENT, Some(key), &after, &unknown);
    }
    let sources = json!({"source_policy_documents": {"references": [DOCUMENT]}});
    plan = plan.with(MERGED, &json!({}), &json!({"json": true, "source_policy_documents": true}), &sources);
    plan = plan.with(
        "aws_iam_policy.p",
        &json!({}),
        &json!({"policy": true}),
        &policy(&["data.aws_iam_policy_document.merged.json"]),
    );
    let snapshot = plan.after();
    let why = at(of(&snapshot, "aws_iam_policy.p"), "document/Statement/0").unwrap_err();
    assert_eq!(why.matches("which of 2 instances").count(), 1, "{why}");
}

/// A module with a role in which nothing shows, and its call.
fn call(variable: &Value) -> Value {
    let role = json!({"address": "aws_iam_role.r", "mode": "managed", "type": "aws_iam_role", "name": "r",
                      "provider_config_key": "aws", "expressions": {}});
    json!({"source": "./roles", "expressions": {"key": variable},
           "module": {"resources": [role], "variables": {"key": {}}}})
}

/// Why it is not known which inline policies a new role has: by address, where it is not known.
fn unseen(root: &Value, calls: &Value) -> Vec<(String, String)> {
    let key = json!({"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
                     "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"arn": true}}});
    let role = |module: &str| {
        let address = format!("{module}aws_iam_role.r");
        json!({"address": address, "mode": "managed", "type": "aws_iam_role", "name": "r",
               "change": {"actions": ["create"], "before": null, "after": {"name": "r"},
                          "after_unknown": {"inline_policy": true, "arn": true}}})
    };
    let block = |kind: &str, name: &str, expressions: &Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
               "provider_config_key": "aws", "expressions": expressions})
    };
    let plan = json!({
        "format_version": "1.2", "complete": true,
        "resource_changes": [key, role(""), role("module.one."), role("module.two.")],
        "relevant_attributes": [{"resource": "aws_kms_key.k", "attribute": ["arn"]}],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": {}}},
            "root_module": {
                "resources": [block("aws_kms_key", "k", &json!({})), block("aws_iam_role", "r", root)],
                "module_calls": calls,
            },
        },
    });
    let snapshot = read_plan(plan.to_string().as_bytes()).unwrap().snapshots(jiff::Timestamp::UNIX_EPOCH).1;
    let addresses = ["aws_iam_role.r", "module.one.aws_iam_role.r", "module.two.aws_iam_role.r"];
    let why = |address: &&str| Some(((*address).to_owned(), at(of(&snapshot, address), "inline_policies/0").err()?));
    addresses.iter().filter_map(why).collect()
}

#[test]
fn a_block_is_unknown_where_something_unseen_may_lead_to_it_and_nowhere_else() {
    const WHY: &str = "known after apply; a dynamic block, which a plan does not show, may set it by aws_kms_key.k.arn";
    let named = |addresses: &[&str]| addresses.iter().map(|at| ((*at).to_owned(), WHY.to_owned())).collect::<Vec<_>>();
    let (nothing, local) = (json!({"constant_value": "x"}), json!({"references": ["local.key"]}));
    let key = json!({"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]});
    let (root, one) = ("aws_iam_role.r", "module.one.aws_iam_role.r");
    // Nobody shows it: it is used by a local, or by a dynamic block beside the key.
    let plain = json!({"one": call(&nothing), "two": call(&nothing)});
    assert_eq!(unseen(&json!({}), &plain), named(&[root]));
    // The local is given to a module.
    let given = json!({"one": call(&local), "two": call(&nothing)});
    assert_eq!(unseen(&json!({}), &given), named(&[root, one]));
    // The root shows it, and the module that it is given to does not.
    let shown = json!({"one": call(&key), "two": call(&nothing)});
    assert_eq!(unseen(&json!({}), &shown), named(&[one]));
    let mut visible = call(&key);
    visible["module"]["outputs"] = json!({"key": {"expression": {"references": ["var.key"]}}});
    assert_eq!(unseen(&json!({}), &json!({"one": visible, "two": call(&nothing)})), []);
    // What is written is what there is.
    let written = json!({"inline_policy": [{"name": {"constant_value": "p"}}], "description": key});
    assert_eq!(unseen(&written, &plain).len(), 1, "a known block that waits is unknown by itself");
}

#[test]
fn an_acl_that_neither_names_one_nor_shows_grants_is_not_private() {
    let plan = Planned::default().with("aws_s3_bucket.b", &json!({"bucket": "b"}), &json!({}), &json!({})).with(
        "aws_s3_bucket_acl.b",
        &json!({"bucket": "b"}),
        &json!({"acl": true, "access_control_policy": true}),
        &json!({"bucket": {"constant_value": "b"}}),
    );
    let why = at(of(&plan.after(), "aws_s3_bucket.b"), "acl").unwrap_err();
    assert!(why.starts_with("known after apply"), "{why}");
}

/// Which account a new user is in, by what its provider configuration says, beside another one.
fn account(own: &Value, other: &Value, key: &str) -> String {
    let plan = json!({
        "format_version": "1.2", "complete": true,
        "resource_changes": [{"address": "aws_iam_user.u", "mode": "managed", "type": "aws_iam_user", "name": "u",
                              "change": {"actions": ["create"], "before": null, "after": {"name": "u"},
                                         "after_unknown": {"arn": true}}}],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": own},
                                "aws.other": {"name": "aws", "alias": "other", "expressions": other},
                                "random": {"name": "random"}},
            "root_module": {"resources": [{"address": "aws_iam_user.u", "mode": "managed", "type": "aws_iam_user",
                                           "name": "u", "provider_config_key": key, "expressions": {}}]},
        },
    });
    let plan = read_plan(plan.to_string().as_bytes()).unwrap();
    let scan = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
    let (_, alone) = plan.snapshots(jiff::Timestamp::UNIX_EPOCH);
    let (_, beside, _) = plan.snapshots_beside(&scan, jiff::Timestamp::UNIX_EPOCH);
    let of = |snapshot: &Snapshot| of(snapshot, "aws_iam_user.u").account.to_string();
    assert_eq!(of(&alone), of(&beside));
    of(&alone)
}

#[test]
fn a_provider_names_its_account_by_the_role_that_it_assumes_or_by_the_only_one_that_it_allows() {
    let role = |arn: &str| json!({"assume_role": [{"role_arn": {"constant_value": arn}}]});
    let allowed = |ids: &[&str]| json!({"allowed_account_ids": {"constant_value": ids}});
    let deploy = role("arn:aws:iam::210987654321:role/deploy");
    let nothing = json!({});
    assert_eq!(account(&deploy, &nothing, "aws"), "210987654321");
    assert_eq!(account(&deploy, &nothing, "aws.other"), "unknown", "not the account of another provider");
    assert_eq!(account(&nothing, &deploy, "aws"), "unknown");
    assert_eq!(account(&allowed(&["321098765432"]), &deploy, "aws"), "321098765432");
    assert_eq!(account(&allowed(&["321098765432"]), &deploy, "aws.other"), "210987654321");
    assert_eq!(account(&allowed(&["321098765432", "210987654321"]), &nothing, "aws"), "unknown");
    assert_eq!(account(&role(""), &nothing, "aws"), "unknown");
    let later = json!({"assume_role": [{"role_arn": {"references": ["var.role"]}}]});
    assert_eq!(account(&later, &nothing, "aws"), "unknown");
}

#[test]
fn a_made_up_name_of_a_group_may_begin_as_a_rule_asks_for() {
    let name = |prefix: &Value, unknown: &Value| {
        let plan = Planned::default().with("aws_security_group.g", prefix, unknown, &json!({}));
        at(of(&plan.after(), "aws_security_group.g"), "group_name")
    };
    let stand_in = Ok(json!("terraform:aws_security_group.g"));
    assert_eq!(name(&json!({}), &json!({"name": true, "name_prefix": true})), stand_in);
    assert_eq!(name(&json!({"name_prefix": "web-"}), &json!({"name": true})), stand_in);
    assert!(name(&json!({"name_prefix": "launch-wizard-"}), &json!({"name": true})).is_err());
    assert_eq!(name(&json!({"name": "web"}), &json!({})), Ok(json!("web")));
}

#[test]
fn groups_in_inline_rules_are_told_apart_from_what_else_the_rules_refer_to() {
    let rule = |groups: &[Option<&str>]| json!({"ingress": [{"protocol": "tcp", "from_port": 1, "to_port": 1, "security_groups": groups}], "name": "g"});
    let unknown = json!({"ingress": [{"security_groups": [true]}], "id": true});
    let plan = |references: &[&str]| {
        let expressions = json!({"ingress": {"references": references}, "name": {"constant_value": "g"}});
        let plan = Planned::default()
            .with("aws_security_group.peer", &json!({"name": "p"}), &json!({"id": true}), &json!({}))
            .with("aws_vpc.v", &json!({}), &json!({"id": true}), &json!({}))
            .with("aws_security_group.g", &rule(&[None]), &unknown, &expressions);
        at(of(&plan.after(), "aws_security_group.g"), "ingress/0/group_id")
    };
    let peer = ["aws_security_group.peer.id", "aws_security_group.peer"];
    assert_eq!(plan(&peer), Ok(json!("terraform:aws_security_group.peer")));
    assert!(plan(&[&peer[..], &["aws_vpc.v.cidr_block", "aws_vpc.v"]].concat()).is_err());
    assert!(plan(&["aws_vpc.v.default_security_group_id", "aws_vpc.v"]).is_err());
}

fn new_instance(options: &Value) -> Planned {
    let open = json!({"metadata_options": true, "id": true});
    let (unknown, expressions) = if options.is_null() {
        (open, json!({}))
    } else {
        let computed = json!({"metadata_options": [{"http_endpoint": true, "http_put_response_hop_limit": true}]});
        (computed, json!({"metadata_options": [{"http_tokens": {"constant_value": "required"}}]}))
    };
    let after = json!({"ami": "ami-1", "metadata_options": options});
    Planned::default().with("aws_instance.i", &after, &unknown, &expressions)
}

#[test]
fn what_the_region_decides_of_new_instances_comes_from_a_scan() {
    let defaults = || RegionSettings {
        metadata_defaults: Some(MetadataOptions {
            http_tokens: Some("required".to_owned()),
            ..MetadataOptions::default()
        }),
        ebs_encryption_by_default: Some(true),
        ..RegionSettings::default()
    };
    let tokens = |snapshot: &Snapshot| at(of(snapshot, "aws_instance.i"), "metadata_options/http_tokens");
    let bare = new_instance(&Value::Null);
    assert!(tokens(&bare.after()).unwrap_err().contains("the region's default decides"));
    let filled = bare.beside(defaults(), None);
    assert_eq!(tokens(&filled), Ok(json!("required")));
    let endpoint = at(of(&filled, "aws_instance.i"), "metadata_options/http_endpoint");
    assert_eq!(endpoint, Err("the image decides".to_owned()));
    assert_eq!(tokens(&bare.beside(RegionSettings::default(), None)), Err("the image decides".to_owned()));
    assert!(tokens(&bare.beside(defaults(), Some("metadata_defaults"))).is_err(), "the scan could not read it");
    // What the instance itself sets counts more.
    let own = new_instance(&json!([{"http_tokens": "required"}])).beside(
        RegionSettings {
            metadata_defaults: Some(MetadataOptions {
                http_tokens: Some("optional".to_owned()),
                http_put_response_hop_limit: Some(1),
                ..MetadataOptions::default()
            }),
            ..RegionSettings::default()
        },
        None,
    );
    assert_eq!(tokens(&own), Ok(json!("required")));
    assert_eq!(at(of(&own, "aws_instance.i"), "metadata_options/http_put_response_hop_limit"), Ok(json!(1)));
    // A plan that changes the setting at the same time does not say which comes first.
    let changing = new_instance(&Value::Null).with(
        "aws_ec2_instance_metadata_defaults.d",
        &json!({"http_tokens": "optional"}),
        &json!({}),
        &json!({}),
    );
    assert!(tokens(&changing.beside(defaults(), None)).is_err());
}

#[test]
fn what_the_region_encrypts_of_new_volumes_comes_from_a_scan() {
    let volume = Planned::default().with(
        "aws_ebs_volume.v",
        &json!({"size": 1}),
        &json!({"encrypted": true, "id": true, "snapshot_id": true}),
        &json!({}),
    );
    let settings = |encrypts| RegionSettings { ebs_encryption_by_default: Some(encrypts), ..RegionSettings::default() };
    let encrypted = |snapshot: &Snapshot| at(of(snapshot, "aws_ebs_volume.v"), "encrypted");
    assert!(encrypted(&volume.after()).is_err());
    for encrypts in [true, false] {
        assert_eq!(encrypted(&volume.beside(settings(encrypts), None)), Ok(json!(encrypts)));
    }
    assert!(encrypted(&volume.beside(settings(true), Some("ebs_encryption_by_default"))).is_err());
    let root = |snapshot: &Snapshot| at(of(snapshot, "aws_instance.i.root_block_device"), "encrypted");
    let instance = new_instance(&Value::Null);
    assert_eq!(root(&instance.beside(settings(true), None)), Ok(json!(true)));
    assert!(root(&instance.beside(settings(false), None)).unwrap_err().contains("the image decides"));
}
