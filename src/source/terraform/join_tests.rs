//! Joins of generated plans, whose parents are known by construction.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::estate::Estate;
use super::join::{Parent, parent};
use super::read_plan;

/// Which attribute of a part names the resource that it is part of.
const PARTS: [(&str, &str, &str); 12] = [
    ("aws_s3_bucket_public_access_block", "bucket", "aws_s3_bucket"),
    ("aws_s3_bucket_policy", "bucket", "aws_s3_bucket"),
    ("aws_s3_bucket_versioning", "bucket", "aws_s3_bucket"),
    ("aws_s3_bucket_server_side_encryption_configuration", "bucket", "aws_s3_bucket"),
    ("aws_s3_bucket_ownership_controls", "bucket", "aws_s3_bucket"),
    ("aws_s3_bucket_logging", "bucket", "aws_s3_bucket"),
    ("aws_iam_role_policy_attachment", "role", "aws_iam_role"),
    ("aws_iam_role_policy", "role", "aws_iam_role"),
    ("aws_iam_instance_profile", "role", "aws_iam_role"),
    ("aws_vpc_security_group_ingress_rule", "security_group_id", "aws_security_group"),
    ("aws_vpc_security_group_egress_rule", "security_group_id", "aws_security_group"),
    ("aws_security_group_rule", "security_group_id", "aws_security_group"),
];

/// The address of the one parent of each part after the plan; `None` where it cannot be told.
fn joins(plan: &Value) -> BTreeMap<String, Option<String>> {
    let plan = read_plan(plan.to_string().as_bytes()).unwrap();
    let estate = Estate::after(&plan.file, &plan.changes);
    let mut joins = BTreeMap::new();
    for (kind, attribute, of) in PARTS {
        for &child in estate.of_kind(kind) {
            let instance = estate.instance(child);
            let found = match parent(&estate, child, instance.get(attribute), &[of]) {
                Parent::One(id) => Some(estate.instance(id).address.to_owned()),
                Parent::Outside(_) | Parent::Doubt(..) | Parent::Crowd(..) | Parent::Anyone(_) | Parent::Nobody => None,
            };
            joins.insert(instance.address.to_owned(), found);
        }
    }
    joins
}

/// How a part names its bucket.
#[derive(Debug, Clone, Copy)]
enum Style {
    /// `aws_s3_bucket.NAME.id` of the only one.
    Direct,
    /// `aws_s3_bucket.NAME[1].id`, or `["b.c"]`.
    Indexed,
    /// `aws_s3_bucket.NAME[count.index].id`, or `[each.key]`, with the same keys on both.
    SameKey,
    /// `each.value.id`, over `aws_s3_bucket.NAME`.
    EachValue,
    /// The name in full.
    Literal,
    /// `var.bucket` of another module, that the root module gives an output of this one.
    ThroughModules,
    /// `local.bucket`, which no plan shows.
    Local,
}

const STYLES: [Style; 7] = [
    Style::Direct,
    Style::Indexed,
    Style::SameKey,
    Style::EachValue,
    Style::Literal,
    Style::ThroughModules,
    Style::Local,
];

/// A plan that grows, with the truth about its joins.
#[derive(Default)]
struct Generated {
    changes: Vec<Value>,
    calls: Map<String, Value>,
    truth: BTreeMap<String, Option<String>>,
    state: u64,
}

/// A key as an address writes it, and as `index` has it.
fn written(key: &Value) -> String {
    match key {
        Value::Null => String::new(),
        key => format!("[{key}]"),
    }
}

impl Generated {
    /// The next of a row of numbers that look random (Knuth's 64-bit multiplier).
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).unwrap() % limit
    }

    fn change(&mut self, module: &str, kind: &str, name: &str, key: &Value, after: &Value, unknown: &Value) -> String {
        let address = format!("{module}.{kind}.{name}{}", written(key));
        let mut change = json!({
            "address": address, "module_address": module, "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown},
        });
        if !key.is_null() {
            change["index"] = key.clone();
        }
        self.changes.push(change);
        address
    }

    /// A module with one bucket block and one part of it, in one style.
    fn service(&mut self, number: usize) {
        let style = STYLES[self.below(STYLES.len())];
        let (kind, _, _) = PARTS[self.below(6)];
        let modules: Vec<Value> = [vec![Value::Null], vec![json!("a"), json!("b.c[0]")]][self.below(2)].clone();
        let many = [vec![json!(0), json!(1)], vec![json!("a"), json!("b.c")]][self.below(2)].clone();
        let buckets = match style {
            Style::Direct | Style::Literal | Style::Local => vec![Value::Null],
            Style::ThroughModules if self.below(2) == 0 => vec![Value::Null],
            _ => many,
        };
        let call = format!("svc_{number}");
        let by_count = buckets[0].is_number();
        let each = if by_count { "count.index" } else { "each.key" };
        let (block, expression) = ("aws_s3_bucket.data", |references: Value| json!({"references": references}));
        let (part, part_keys) = match style {
            Style::Direct => (expression(json!(["aws_s3_bucket.data.id", block])), vec![Value::Null]),
            Style::Indexed | Style::ThroughModules => {
                let one = format!("{block}{}", written(buckets.last().unwrap()));
                (expression(json!([format!("{one}.id"), one, block])), vec![Value::Null])
            }
            Style::SameKey => (expression(json!([block, each])), buckets.clone()),
            Style::EachValue => (expression(json!(["each.value.id", "each.value"])), buckets.clone()),
            Style::Literal => (expression(json!(["var.name"])), vec![Value::Null]),
            Style::Local => (expression(json!(["local.bucket"])), vec![Value::Null]),
        };
        let many_of = |keys: &[Value], over: Value| {
            let mut keyed = Map::new();
            match keys {
                [Value::Null] => {}
                [Value::Number(_), ..] => _ = keyed.insert("count_expression".to_owned(), over),
                _ => _ = keyed.insert("for_each_expression".to_owned(), over),
            }
            keyed
        };
        let mut resources = vec![json!({
            "address": block, "mode": "managed", "type": "aws_s3_bucket", "name": "data",
            "provider_config_key": "aws", "expressions": {}, "schema_version": 0,
        })];
        let bucket_block = resources[0].as_object_mut().unwrap();
        bucket_block.extend(many_of(&buckets, json!({"references": ["var.keys"]})));
        let inside = !matches!(style, Style::ThroughModules);
        let part_block = |mut keyed: Map<String, Value>, part: &Value| {
            let own = json!({
                "address": format!("{kind}.part"), "mode": "managed", "type": kind, "name": "part",
                "provider_config_key": "aws", "expressions": {"bucket": part}, "schema_version": 0,
            });
            keyed.extend(own.as_object().unwrap().clone());
            Value::Object(keyed)
        };
        if inside {
            // Only `for_each` takes a whole block.
            let over = if matches!(style, Style::EachValue) { json!([block]) } else { json!(["var.keys"]) };
            let mut keyed = many_of(&part_keys, json!({"references": over}));
            if let (Style::EachValue, Some(over)) = (style, keyed.remove("count_expression")) {
                keyed.insert("for_each_expression".to_owned(), over);
            }
            resources.push(part_block(keyed, &part));
        }
        let mut module = json!({"resources": resources, "variables": {"keys": {}, "name": {}}});
        if !inside {
            module["outputs"] = json!({"bucket": {"expression": part}});
        }
        let keyed = many_of(&modules, json!({"references": ["var.services"]}));
        let mut own = json!({"source": "./service", "expressions": {}, "module": module});
        own.as_object_mut().unwrap().extend(keyed);
        self.calls.insert(call.clone(), own);
        for key in &modules {
            self.instances(&format!("module.{call}{}", written(key)), (style, kind), &buckets, &part_keys, inside);
        }
        if !inside {
            self.attached(number, kind, modules.last().unwrap(), buckets.last().unwrap());
        }
    }

    /// What one instance of a service's module plans.
    fn instances(
        &mut self,
        module: &str,
        (style, kind): (Style, &str),
        buckets: &[Value],
        parts: &[Value],
        inside: bool,
    ) {
        let mut addresses = Vec::new();
        for key in buckets {
            let known =
                if matches!(style, Style::Literal) { json!({"bucket": format!("name-{module}")}) } else { json!({}) };
            let unknown =
                if known["bucket"].is_null() { json!({"bucket": true, "id": true}) } else { json!({"id": true}) };
            addresses.push(self.change(module, "aws_s3_bucket", "data", key, &known, &unknown));
        }
        if !inside {
            return;
        }
        for (position, key) in parts.iter().enumerate() {
            let (after, unknown) = match style {
                Style::Literal => (json!({"bucket": format!("name-{module}")}), json!({"id": true})),
                _ => (json!({}), json!({"bucket": true, "id": true})),
            };
            let address = self.change(module, kind, "part", key, &after, &unknown);
            let parent = match style {
                Style::Indexed => addresses.last(),
                Style::Local => None,
                _ => addresses.get(position),
            };
            self.truth.insert(address, parent.cloned());
        }
    }

    /// A module beside a service that gets the output of one of its instances as a variable.
    fn attached(&mut self, number: usize, kind: &str, module_key: &Value, bucket_key: &Value) {
        let (call, service) = (format!("attached_{number}"), format!("module.svc_{number}{}", written(module_key)));
        let part = json!({
            "address": format!("{kind}.part"), "mode": "managed", "type": kind, "name": "part",
            "provider_config_key": "aws", "expressions": {"bucket": {"references": ["var.bucket"]}}, "schema_version": 0,
        });
        let bucket = json!({"references": [format!("{service}.bucket"), service]});
        let module = json!({"resources": [part], "variables": {"bucket": {}}});
        self.calls
            .insert(call.clone(), json!({"source": "./part", "expressions": {"bucket": bucket}, "module": module}));
        let unknown = json!({"bucket": true, "id": true});
        let address = self.change(&format!("module.{call}"), kind, "part", &Value::Null, &json!({}), &unknown);
        self.truth.insert(address, Some(format!("{service}.aws_s3_bucket.data{}", written(bucket_key))));
    }

    fn plan(&self) -> Value {
        json!({
            "format_version": "1.2", "terraform_version": "1.11.4", "applyable": true, "complete": true, "errored": false,
            "planned_values": {"root_module": {}}, "resource_changes": self.changes,
            "configuration": {
                "provider_config": {"aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws"}},
                "root_module": {"module_calls": self.calls},
            },
        })
    }
}

#[test]
fn generated_parts_find_the_resource_they_were_made_for_and_no_other() {
    let (mut found, mut open) = (0, 0);
    for seed in 0..10 {
        let mut generated = Generated { state: seed, ..Generated::default() };
        for number in 0..60 {
            generated.service(number);
        }
        let joins = joins(&generated.plan());
        for (part, truth) in &generated.truth {
            assert_eq!(joins.get(part), Some(truth), "seed {seed}: {part}");
        }
        assert_eq!(joins.len(), generated.truth.len(), "seed {seed}");
        found += joins.values().flatten().count();
        open += joins.values().filter(|parent| parent.is_none()).count();
    }
    assert!(found > 600 && open > 50, "{found} joins, {open} that no plan can tell");
}

#[test]
fn a_data_source_that_may_look_up_several_resources_names_none() {
    let made = |address: &str, kind: &str, name: &str, after: Value, unknown: Value| {
        let mode = if address.starts_with("data.") { "data" } else { "managed" };
        let action = if mode == "data" { "read" } else { "create" };
        let change = json!({"actions": [action], "before": null, "after": after, "after_unknown": unknown});
        json!({"address": address, "mode": mode, "type": kind, "name": name, "change": change})
    };
    let bucket = |module: &str, name: &str| {
        let address = format!("module.{module}.aws_s3_bucket.b");
        made(&address, "aws_s3_bucket", "b", json!({"bucket": name}), json!({"id": true}))
    };
    let block = "aws_s3_bucket_public_access_block";
    let found = |names: [&str; 2]| {
        let plan = json!({
            "format_version": "1.2",
            "resource_changes": [
                bucket("one", names[0]),
                bucket("two", names[1]),
                made("data.aws_s3_bucket.b", "aws_s3_bucket", "b", json!({"bucket": "x"}), json!({"id": true})),
                made(&format!("{block}.b"), block, "b", json!({}), json!({"bucket": true})),
            ],
            "configuration": {"root_module": {"resources": [
                {"mode": "data", "type": "aws_s3_bucket", "name": "b", "expressions": {"bucket": {"constant_value": "x"}}},
                {"mode": "managed", "type": block, "name": "b",
                 "expressions": {"bucket": {"references": ["data.aws_s3_bucket.b.id", "data.aws_s3_bucket.b"]}}},
            ]}},
        });
        joins(&plan).remove(&format!("{block}.b")).flatten()
    };
    assert_eq!(found(["x", "y"]).as_deref(), Some("module.one.aws_s3_bucket.b"));
    assert_eq!(found(["x", "x"]), None);
}

/// For plans from elsewhere: `NAME.plan.json` beside `NAME.truth.json` with `{"joins": {part: parent}}`,
/// in the folder `PLIMSOLL_PLANS_WITH_TRUTH`.
#[test]
#[ignore = "needs a folder of plans with their truth"]
#[expect(clippy::print_stderr, reason = "the count is what is asked for")]
fn plans_from_elsewhere_join_as_their_truth_says() {
    let folder = std::env::var("PLIMSOLL_PLANS_WITH_TRUTH").unwrap();
    let read = |path: &Path| serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap();
    let (mut plans, mut count) = (0, 0);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.to_str().unwrap().strip_suffix(".plan.json") else { continue };
        let truth = read(Path::new(&format!("{name}.truth.json")));
        let joins = joins(&read(&path));
        for (part, parent) in truth["joins"].as_object().unwrap() {
            let found = joins.get(part).unwrap_or_else(|| panic!("{name}: {part} was not joined"));
            assert_eq!(found.as_deref(), parent.as_str(), "{name}: {part}");
            count += 1;
        }
        plans += 1;
    }
    assert!(plans > 0, "no plan in {folder}");
    eprintln!("{count} joins of {plans} plans are as their truth says");
}
