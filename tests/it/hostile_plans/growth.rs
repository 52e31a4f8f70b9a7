//! Plans of one shape, as large as they get: each ends with an answer. Work that grows with the
//! square of the number takes minutes here, and is told in the test's time alone.

use jiff::Timestamp;
use plimsoll::facts;
use plimsoll::model::{Configuration, Facts, Snapshot};
use plimsoll::source::terraform::read_plan;
use serde_json::{Value, json};

use super::{OPEN, after, answer, block, change, doubt, has_policy, plan};

const MANY: usize = 5_000;

fn with_facts(plan: &Value) -> Snapshot {
    let mut snapshot = after(plan);
    facts::derive(&mut snapshot);
    snapshot
}

fn rule(port: usize, ranges: &[&str]) -> Value {
    json!({"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": ranges})
}

#[test]
fn one_group_with_very_many_entries_whose_ranges_are_not_known_is_in_doubt() {
    let rules: Vec<Value> = (0..MANY).map(|at| rule(at, &[])).collect();
    let marks = vec![json!({"cidr_blocks": true}); MANY];
    let group = json!({"name": "g", "ingress": rules});
    let unknown = json!({"ingress": marks});
    let wanted: Vec<Value> =
        (0..MANY).map(|at| json!({"cidr_blocks": {"references": [format!("var.range{at}")]}})).collect();
    let blocks = [block("aws_security_group", "g", &json!({"ingress": wanted}))];
    let changes = [change("aws_security_group.g", "aws_security_group", "g", &json!(null), &group, &unknown)];
    let snapshot = with_facts(&plan(&changes, &blocks, &json!({})));
    let [group] = snapshot.resources.as_slice() else { unreachable!("one group") };
    let Configuration::SecurityGroup(entries) = &group.configuration else { unreachable!("a group") };
    assert_eq!(entries.ingress.as_ref().map(Vec::len), Some(MANY));
    assert_eq!(group.unknown.len(), MANY);
    let Some(Facts::SecurityGroup(facts)) = &group.facts else { unreachable!("facts of a group") };
    assert_eq!(facts.world_ingress.waits_for.len(), MANY);
}

#[test]
fn a_policy_of_more_statements_than_aws_takes_is_not_judged_and_one_of_so_many_is() {
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    let of = |count: usize| {
        let policy = json!({"Statement": vec![statement.clone(); count]}).to_string();
        let bucket = json!({"bucket": "b", "policy": policy});
        let changes = [change("aws_s3_bucket.b", "aws_s3_bucket", "b", &json!(null), &bucket, &json!({}))];
        plan(&changes, &[block("aws_s3_bucket", "b", &json!({}))], &json!({}))
    };
    assert!(has_policy(&after(&of(500)).resources[0]));
    let many = after(&of(MANY));
    assert!(!has_policy(&many.resources[0]));
    assert_eq!(doubt(&many.resources[0]), "the policy has 5000 statements, more than AWS takes");
    for (format, text) in answer(of(MANY).to_string().as_bytes()).unwrap() {
        let is_list = matches!(format, "gitlab" | "sarif" | "json" | "table");
        assert!(!is_list || text.contains("5000 statements"), "{format}: {text}");
    }
}

/// A deferred document of as many statements, each with a resource that is not known.
#[test]
fn a_document_of_more_statements_than_aws_takes_is_not_judged() {
    let statement =
        json!({"actions": ["s3:*"], "effect": "Allow", "principals": [{"type": "*", "identifiers": ["*"]}]});
    let document = json!({"statement": vec![statement; MANY]});
    let unknown = json!({"json": true, "statement": vec![json!({"resources": [true]}); MANY]});
    let mut read =
        change("data.aws_iam_policy_document.d", "aws_iam_policy_document", "d", &json!(null), &document, &unknown);
    (read["mode"], read["change"]["actions"]) = (json!("data"), json!(["read"]));
    let bucket = json!({"bucket": "b"});
    let changes = [
        change("aws_s3_bucket.b", "aws_s3_bucket", "b", &json!(null), &bucket, &json!({})),
        change("aws_s3_bucket_policy.b", "aws_s3_bucket_policy", "b", &json!(null), &bucket, &json!({"policy": true})),
        read,
    ];
    let mut data = block("aws_iam_policy_document", "d", &json!({"statement": {"references": ["var.all"]}}));
    data["mode"] = json!("data");
    let policy = json!({"policy": {"references": ["data.aws_iam_policy_document.d.json"]}});
    let snapshot = after(&plan(&changes, &[block("aws_s3_bucket_policy", "b", &policy), data], &json!({})));
    assert_eq!(doubt(&snapshot.resources[0]), "the policy has 5000 statements, more than AWS takes");
}

/// Instances of one resource, whose names and whose parts refer to the others by index.
#[test]
fn instances_that_each_refer_to_all_others_leave_their_parts_in_doubt() {
    let count = 1_500;
    for listed in [400, count] {
        let mut changes = Vec::new();
        for at in 0..count {
            let address = format!("aws_s3_bucket.b[{at}]");
            changes.push(change(&address, "aws_s3_bucket", "b", &json!(at), &json!({}), &json!({"bucket": true})));
            let (address, policy) = (format!("aws_s3_bucket_policy.p[{at}]"), json!({"policy": OPEN}));
            changes.push(change(&address, "aws_s3_bucket_policy", "p", &json!(at), &policy, &json!({"bucket": true})));
        }
        let references: Vec<String> = (0..listed).map(|at| format!("aws_s3_bucket.b[{at}].id")).collect();
        let of = json!({"bucket": {"references": references}});
        let blocks = [block("aws_s3_bucket", "b", &of), block("aws_s3_bucket_policy", "p", &of)];
        let snapshot = after(&plan(&changes, &blocks, &json!({})));
        assert_eq!(snapshot.resources.len(), count);
        for bucket in &snapshot.resources {
            assert!(!has_policy(bucket) && doubt(bucket).contains("may belong to it"), "{}", doubt(bucket));
            assert!(doubt(bucket).len() < 5_000, "{}", doubt(bucket).len());
        }
    }
}

/// One bucket, many that are named after it, and as many policies that may be of any of them.
#[test]
fn of_very_many_buckets_named_after_one_each_is_in_doubt_in_few_words() {
    let bucket = |address: &str, name: &str, index: &Value| {
        change(address, "aws_s3_bucket", name, index, &json!({}), &json!({"bucket": true, "id": true}))
    };
    let mut changes = vec![bucket("aws_s3_bucket.a", "a", &json!(null))];
    for at in 0..MANY {
        changes.push(bucket(&format!("aws_s3_bucket.b[{at}]"), "b", &json!(at)));
        let (address, policy) = (format!("aws_s3_bucket_policy.p[{at}]"), json!({"policy": OPEN}));
        changes.push(change(&address, "aws_s3_bucket_policy", "p", &json!(at), &policy, &json!({"bucket": true})));
    }
    let after_a = json!({"bucket": {"references": ["aws_s3_bucket.a.id", "aws_s3_bucket.a", "count.index"]}});
    let of_a = json!({"bucket": {"references": ["aws_s3_bucket.a.id", "aws_s3_bucket.a"]}});
    let blocks = [
        block("aws_s3_bucket", "a", &json!({})),
        block("aws_s3_bucket", "b", &after_a),
        block("aws_s3_bucket_policy", "p", &of_a),
    ];
    let snapshot = after(&plan(&changes, &blocks, &json!({})));
    assert_eq!(snapshot.resources.len(), MANY + 1);
    for bucket in &snapshot.resources {
        assert!(doubt(bucket).contains("aws_s3_bucket.b[4] and 4995 more is named after aws_s3_bucket.a"));
        assert!(doubt(bucket).ends_with("; and 4995 more"), "{}", doubt(bucket));
        assert!(doubt(bucket).len() < 2_000, "{}", doubt(bucket).len());
    }
}

/// As many attributes that the changes rest on as there are instances that they may be of.
#[test]
fn very_many_relevant_attributes_of_very_many_instances_are_looked_up_once() {
    let mut changes = Vec::new();
    for at in 0..MANY {
        let address = format!("aws_s3_bucket.b[{at}]");
        let bucket = json!({"bucket": format!("b{at}")});
        changes.push(change(&address, "aws_s3_bucket", "b", &json!(at), &bucket, &json!({"arn": true})));
    }
    let mut plan = plan(&changes, &[block("aws_s3_bucket", "b", &json!({}))], &json!({}));
    let relevant = |at: usize| json!({"resource": "aws_s3_bucket.b", "attribute": [format!("a{at}")]});
    plan["relevant_attributes"] = (0..4 * MANY).map(relevant).collect();
    assert_eq!(after(&plan).resources.len(), MANY);
}

/// Tables of which nobody knows the subnets, and subnets whose table may be any of them.
#[test]
fn a_subnet_names_the_first_of_the_tables_that_may_be_its_own() {
    let count = 2_000;
    let mut changes = Vec::new();
    for at in 0..count {
        let subnet = json!({"vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24", "id": format!("subnet-{at}")});
        let address = format!("aws_subnet.s[{at}]");
        changes.push(change(&address, "aws_subnet", "s", &json!(at), &subnet, &json!({})));
        let table = json!({"vpc_id": "vpc-1", "id": format!("rtb-{at}")});
        let address = format!("aws_route_table.t[{at}]");
        changes.push(change(&address, "aws_route_table", "t", &json!(at), &table, &json!({})));
        let (address, of) = (format!("aws_route_table_association.a[{at}]"), format!("rtb-{at}"));
        let association = json!({"route_table_id": of});
        let unknown = json!({"subnet_id": true});
        changes.push(change(&address, "aws_route_table_association", "a", &json!(at), &association, &unknown));
    }
    let snapshot = with_facts(&plan(&changes, &[], &json!({})));
    let facts = snapshot.resources.iter().filter_map(|resource| match &resource.facts {
        Some(Facts::Subnet(facts)) => Some(&facts.internet_routed),
        _ => None,
    });
    let facts: Vec<_> = facts.collect();
    assert_eq!(facts.len(), count);
    for fact in facts {
        assert_eq!(fact.value, None);
        assert!(fact.waits_for.len() < 50, "{:?}", fact.waits_for);
    }
}

/// Half of the parts of each name are between brackets and quotes of their own.
#[test]
fn very_many_keys_that_look_like_addresses_join_all_the_same() {
    let strange = ["a.b", "a\"b", "a[0]", "a\nb", "a]b", "\\", "a\"].x[\""];
    let key = |at: usize| format!("{}{at}", strange[at % strange.len()]);
    let mut changes = Vec::new();
    for at in 0..MANY {
        let (key, quoted) = (json!(key(at)), json!(key(at)).to_string());
        let bucket = json!({"bucket": format!("b{at}")});
        let module = format!("module.m[{quoted}]");
        let address = format!("{module}.aws_s3_bucket.b[{quoted}]");
        changes.push(change(&address, "aws_s3_bucket", "b", &key, &bucket, &json!({})));
        let (address, policy) = (format!("{module}.aws_s3_bucket_policy.p[{quoted}]"), json!({"policy": OPEN}));
        changes.push(change(&address, "aws_s3_bucket_policy", "p", &key, &policy, &json!({"bucket": true})));
    }
    let own = block("aws_s3_bucket", "b", &json!({"bucket": {"references": ["each.key"]}}));
    let part = block("aws_s3_bucket_policy", "p", &json!({"bucket": {"references": ["aws_s3_bucket.b", "each.key"]}}));
    let call = json!({"for_each_expression": {"references": ["local.all"]}, "module": {"resources": [own, part]}});
    let snapshot = after(&plan(&changes, &[], &json!({"module_calls": {"m": call}})));
    assert_eq!(snapshot.resources.iter().filter(|bucket| has_policy(bucket)).count(), MANY);
}

/// Ten thousand lists in each other, where the plan is looked into and where it is passed over.
#[test]
fn ten_thousand_lists_in_each_other_are_refused_or_passed_over() {
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(10_000), "]".repeat(10_000));
    let text = |field: &str| format!(r#"{{"format_version":"1.2","resource_changes":[],{field}}}"#);
    let error = read_plan(text(&format!(r#""variables":{{"a":{{"value":{}}}}}"#, deep(""))).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("recursion limit exceeded at line 1"), "{error}");
    let plan = read_plan(text(&format!(r#""checks":{}"#, deep("1"))).as_bytes()).unwrap();
    let (before, after) = plan.snapshots(Timestamp::UNIX_EPOCH);
    assert_eq!((before.resources.len(), after.resources.len()), (0, 0));
}
