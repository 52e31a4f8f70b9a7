//! Plans that nobody's Terraform wrote: an answer or a clear error, never a panic, and no more work
//! than the size of the file explains.
//!
//! `hostile_plans/found/` holds plans that were trouble once, `hostile_plans/plans/` plans and
//! `hostile_plans/corpus/` strings of bytes that a fuzzer found to lead to different places, see
//! `fuzz/README.md`.

mod growth;
mod mutation;
mod whole_gate;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use plimsoll::model::{Configuration, Pointer, Resource, Snapshot};
use plimsoll::source::terraform::read_plan;
use serde_json::{Value, json};

use whole_gate::answer;

/// The files of a folder beside this one, by name.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let file = |path: &std::path::PathBuf| (path.display().to_string(), fs::read(path).unwrap());
    paths.iter().filter(|path| path.is_file()).map(file).collect()
}

#[test]
fn what_was_found_once_gets_an_answer_or_a_clear_error() {
    let found = files("tests/it/hostile_plans/found");
    assert!(!found.is_empty());
    for (name, bytes) in found {
        if let Err(error) = answer(&bytes) {
            assert!(error.contains("\nhelp: "), "{name}: {error}");
        }
    }
}

/// What a fuzzer made of the plans of the fixtures, each for a place that no other leads to.
#[test]
fn distilled_plans_get_an_answer_or_a_clear_error() {
    let plans = files("tests/it/hostile_plans/plans");
    let mut answers = 0;
    for (name, bytes) in &plans {
        match answer(bytes) {
            Ok(_) => answers += 1,
            Err(error) => assert!(error.contains("\nhelp: "), "{name}: {error}"),
        }
    }
    assert!(answers > 0 && answers < plans.len(), "{answers} of {}", plans.len());
}

/// The plans of the fixtures that are UTF-8, by name.
static PLANS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("terraform-fixtures");
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let plans = folders.iter().filter_map(|folder| fs::read(folder.join("plan.json")).ok());
    plans.filter_map(|bytes| Some(serde_json::from_str(str::from_utf8(&bytes).ok()?).unwrap())).collect()
});

#[test]
fn changed_plans_get_an_answer_or_a_clear_error() {
    let corpus = files("tests/it/hostile_plans/corpus");
    assert!(!corpus.is_empty());
    let mut answers = 0;
    for (name, bytes) in corpus {
        let plan = mutation::with_secrets(mutation::mutated(&PLANS, &bytes));
        match answer(plan.to_string().as_bytes()) {
            Ok(outputs) => {
                answers += 1;
                for (format, text) in &outputs {
                    mutation::assert_silent(format, text);
                }
            }
            Err(error) => assert!(error.contains("\nhelp: "), "{name}: {error}"),
        }
    }
    assert!(answers > 0);
}

/// A plan of these changes, with a configuration of these resources and the rest of the root module.
fn plan(changes: &[Value], blocks: &[Value], more: &Value) -> Value {
    let mut root = json!({ "resources": blocks });
    for (key, value) in more.as_object().into_iter().flatten() {
        root[key] = value.clone();
    }
    json!({"format_version": "1.2", "resource_changes": changes, "configuration": {"root_module": root}})
}

fn change(address: &str, kind: &str, name: &str, index: &Value, after: &Value, unknown: &Value) -> Value {
    json!({"address": address, "mode": "managed", "type": kind, "name": name, "index": index,
           "change": {"actions": ["create"], "after": after, "after_unknown": unknown}})
}

fn block(kind: &str, name: &str, expressions: &Value) -> Value {
    json!({"mode": "managed", "type": kind, "name": name, "expressions": expressions})
}

const OPEN: &str = r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}}"#;

fn after(plan: &Value) -> Snapshot {
    read_plan(plan.to_string().as_bytes()).unwrap().snapshots(Timestamp::UNIX_EPOCH).1
}

fn has_policy(resource: &Resource) -> bool {
    matches!(&resource.configuration, Configuration::Bucket(bucket) if bucket.policy.is_some())
}

/// Why the policy of a bucket is unknown.
fn doubt(resource: &Resource) -> &str {
    resource.origin.unknown_because.get(&Pointer::configuration("policy")).map_or("", String::as_str)
}

/// How the policies of many buckets name theirs.
#[derive(Debug, Clone, Copy)]
enum Style {
    Literal,
    EachKey,
    EachValue,
    ModuleInstances,
    ModuleOutputs,
}

fn fleet(count: usize, style: Style) -> Value {
    let (bucket, policy) = ("aws_s3_bucket", "aws_s3_bucket_policy");
    let mut changes = Vec::new();
    for at in 0..count {
        let key = format!("k{at}");
        let name = json!({"bucket": format!("bucket-{at}")});
        let (module, index) = match style {
            Style::ModuleInstances | Style::ModuleOutputs => (format!("module.m[\"{key}\"]."), Value::Null),
            _ => (String::new(), json!(key)),
        };
        let end = if index.is_null() { String::new() } else { format!("[\"{key}\"]") };
        changes.push(change(&format!("{module}{bucket}.b{end}"), bucket, "b", &index, &name, &json!({})));
        let (values, unknown) = match style {
            Style::Literal => (json!({"bucket": format!("bucket-{at}"), "policy": OPEN}), json!({})),
            _ => (json!({"policy": OPEN}), json!({"bucket": true})),
        };
        let (module, end, index) = match style {
            Style::ModuleOutputs => (String::new(), format!("[\"{key}\"]"), json!(key)),
            _ => (module, end, index),
        };
        changes.push(change(&format!("{module}{policy}.p{end}"), policy, "p", &index, &values, &unknown));
    }
    let refers = |references: &[&str]| json!({"bucket": {"references": references}});
    let of = |references: &[&str]| block(policy, "p", &refers(references));
    let own = || block(bucket, "b", &json!({"bucket": {"references": ["each.key"]}}));
    let module = |resources: Value, outputs: Value| {
        let call = json!({"for_each_expression": {"references": ["local.all"]},
                          "module": {"resources": resources, "outputs": outputs}});
        json!({"module_calls": {"m": call}})
    };
    match style {
        Style::Literal => plan(&changes, &[own(), of(&["local.name"])], &json!({})),
        Style::EachKey => plan(&changes, &[own(), of(&["aws_s3_bucket.b", "each.key"])], &json!({})),
        Style::EachValue => {
            let mut policies = of(&["each.value.id", "each.value"]);
            policies["for_each_expression"] = json!({"references": ["aws_s3_bucket.b"]});
            plan(&changes, &[own(), policies], &json!({}))
        }
        Style::ModuleInstances => {
            let resources = json!([own(), of(&["aws_s3_bucket.b.id", "aws_s3_bucket.b"])]);
            plan(&changes, &[], &module(resources, json!({})))
        }
        Style::ModuleOutputs => {
            let output = json!({"name": {"expression": {"references": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"]}}});
            plan(&changes, &[of(&["module.m", "each.key"])], &module(json!([own()]), output))
        }
    }
}

/// Work that grows with the square of the number would take minutes here.
const MANY: usize = 4_000;

#[test]
fn of_many_instances_each_has_its_own_child_however_it_names_it() {
    for style in [Style::Literal, Style::EachKey, Style::EachValue, Style::ModuleInstances, Style::ModuleOutputs] {
        let snapshot = after(&fleet(MANY, style));
        assert_eq!(snapshot.resources.len(), MANY, "{style:?}");
        let joined = snapshot.resources.iter().filter(|one| has_policy(one)).count();
        // A reference to all instances of a module names no output.
        let expected = if matches!(style, Style::ModuleOutputs) { 0 } else { MANY };
        assert_eq!(joined, expected, "{style:?}");
        if joined == 0 {
            assert!(snapshot.resources.iter().all(|one| doubt(one).contains("may belong to it")), "{style:?}");
        }
    }
}

/// The same child of the same parent twenty thousand times, known and unknown.
#[test]
fn one_bucket_with_very_many_policies_has_an_unknown_one() {
    let named = json!({"bucket": "b", "policy": OPEN});
    for (values, unknown) in [(named, json!({})), (json!({"policy": OPEN}), json!({"bucket": true}))] {
        let mut changes =
            vec![change("aws_s3_bucket.b", "aws_s3_bucket", "b", &json!(null), &json!({"bucket": "b"}), &json!({}))];
        for at in 0..20_000 {
            let address = format!("aws_s3_bucket_policy.p[{at}]");
            changes.push(change(&address, "aws_s3_bucket_policy", "p", &json!(at), &values, &unknown));
        }
        let policies = block("aws_s3_bucket_policy", "p", &json!({"bucket": {"references": ["aws_s3_bucket.b"]}}));
        let snapshot = after(&plan(&changes, &[policies], &json!({})));
        let [bucket] = snapshot.resources.as_slice() else { unreachable!("one bucket") };
        assert_eq!(doubt(bucket), "several aws_s3_bucket_policy resources set it");
    }
}

/// Buckets of one name, policies that name all of them: every one is in doubt, in few words.
#[test]
fn many_namesakes_are_in_doubt_and_nobody_lists_them_all() {
    let mut changes = Vec::new();
    for at in 0..MANY {
        let bucket = json!({"bucket": "same"});
        changes.push(change(&format!("aws_s3_bucket.b[{at}]"), "aws_s3_bucket", "b", &json!(at), &bucket, &json!({})));
        let policy = json!({"bucket": "same", "policy": OPEN});
        let address = format!("aws_s3_bucket_policy.p[{at}]");
        changes.push(change(&address, "aws_s3_bucket_policy", "p", &json!(at), &policy, &json!({})));
    }
    let snapshot = after(&plan(&changes, &[], &json!({})));
    assert_eq!(snapshot.resources.len(), MANY);
    for bucket in &snapshot.resources {
        assert!(doubt(bucket).contains("4000 resources are named same"), "{}", doubt(bucket));
        assert!(doubt(bucket).ends_with("; and 3995 more") && doubt(bucket).len() < 1_000, "{}", doubt(bucket));
    }
    // In a module instance of its own, each is told from the others.
    for change in &mut changes {
        let address = change["address"].as_str().unwrap().to_owned();
        change["address"] = json!(format!("module.m[{}].{}", change["index"], address.split('[').next().unwrap()));
        change["index"] = Value::Null;
    }
    let snapshot = after(&plan(&changes, &[], &json!({})));
    assert_eq!(snapshot.resources.iter().filter(|one| has_policy(one)).count(), MANY);
}

#[test]
fn an_expression_that_refers_to_very_much_leaves_its_value_unknown() {
    let references: Vec<String> = (0..100_000).map(|at| format!("local.l{at}.x[0]")).collect();
    let instances: Vec<String> = (0..MANY).map(|_| "aws_s3_bucket.b".to_owned()).collect();
    for references in [references, instances] {
        let mut changes = Vec::new();
        for at in 0..500 {
            let (bucket, policy) = (json!({"bucket": format!("b{at}")}), json!({"policy": OPEN}));
            let address = format!("aws_s3_bucket.b[{at}]");
            changes.push(change(&address, "aws_s3_bucket", "b", &json!(at), &bucket, &json!({})));
            let address = format!("aws_s3_bucket_policy.p[{at}]");
            let unknown = json!({"bucket": true});
            changes.push(change(&address, "aws_s3_bucket_policy", "p", &json!(at), &policy, &unknown));
        }
        let policies = block("aws_s3_bucket_policy", "p", &json!({"bucket": {"references": references}}));
        let snapshot = after(&plan(&changes, &[policies], &json!({})));
        for bucket in &snapshot.resources {
            assert!(doubt(bucket).contains("may belong to it: known after apply; waits for"), "{}", doubt(bucket));
            assert!(doubt(bucket).len() < 5_000, "{}", doubt(bucket).len());
        }
    }
}

/// Policy documents that are put together from each other: in a long row, in a circle, and each
/// from the next two, twice.
#[test]
fn documents_that_name_each_other_without_end_are_unknown() {
    let count = 10_000;
    let document = |at: usize| {
        json!({"address": format!("data.aws_iam_policy_document.d{at}"), "mode": "data", "type": "aws_iam_policy_document",
               "name": format!("d{at}"), "change": {"actions": ["read"], "after": {},
               "after_unknown": {"json": true, "source_policy_documents": true, "override_policy_documents": true}}})
    };
    let next: [fn(usize) -> [usize; 2]; 3] =
        [|at| [at + 1, at + 1], |at| [(at + 1) % 3, at % 3], |at| [at + 1, at + 2]];
    for next in next {
        let bucket = json!({"bucket": "b"});
        let mut changes = vec![
            change("aws_s3_bucket.b", "aws_s3_bucket", "b", &json!(null), &bucket, &json!({})),
            change(
                "aws_s3_bucket_policy.p",
                "aws_s3_bucket_policy",
                "p",
                &json!(null),
                &bucket,
                &json!({"policy": true}),
            ),
        ];
        let of = |at: usize| json!({"references": [format!("data.aws_iam_policy_document.d{at}.json")]});
        let mut blocks = vec![block("aws_s3_bucket_policy", "p", &json!({"policy": of(0)}))];
        for at in 0..count {
            changes.push(document(at));
            let all: Vec<Value> = next(at).map(of).into();
            let mut one = block(
                "aws_iam_policy_document",
                &format!("d{at}"),
                &json!({"source_policy_documents": all, "override_policy_documents": all}),
            );
            one["mode"] = json!("data");
            blocks.push(one);
        }
        let snapshot = after(&plan(&changes, &blocks, &json!({})));
        assert_eq!(doubt(&snapshot.resources[0]), "known after apply; waits for data.aws_iam_policy_document.d0.json");
    }
}

/// Variables and outputs that refer to each other without end.
#[test]
fn references_in_a_circle_end() {
    let child = change(
        "module.a.aws_s3_bucket_policy.p",
        "aws_s3_bucket_policy",
        "p",
        &json!(null),
        &json!({"policy": OPEN}),
        &json!({"bucket": true}),
    );
    let bucket = change("aws_s3_bucket.b", "aws_s3_bucket", "b", &json!(null), &json!({"bucket": "b"}), &json!({}));
    let refers = |references: &[&str]| json!({"references": references});
    let module = json!({
        "resources": [block("aws_s3_bucket_policy", "p", &json!({"bucket": refers(&["var.v", "each.value"])}))],
        "outputs": {"o": {"expression": refers(&["var.v", "var.v.x", "module.a.o"])}}, "variables": {"v": {}}});
    let expression = refers(&["module.a.o", "module.a.o.x", "module.a.o[0]", "var.w"]);
    let calls = json!({"module_calls": {"a": {"expressions": {"v": expression}, "for_each_expression": expression,
        "module": module}}, "variables": {"w": {"default": {"references": ["var.w"]}}}});
    let snapshot = after(&plan(&[bucket, child], &[], &calls));
    assert!(doubt(&snapshot.resources[0]).contains("may belong to it"), "{}", doubt(&snapshot.resources[0]));
}

#[test]
fn nesting_of_any_depth_is_answered_or_refused() {
    let deep = 100_000;
    let within = |before: &str, open: &str, inner: &str, close: &str, end: &str| {
        format!("{before}{}{inner}{}{end}", open.repeat(deep), close.repeat(deep))
    };
    let changes = |after: &str| {
        format!(
            r#"{{"format_version":"1.2","resource_changes":[{{"address":"aws_s3_bucket.b","mode":"managed",
            "type":"aws_s3_bucket","name":"b","change":{{"actions":["create"],"after":{after}}}}}]}}"#
        )
    };
    let modules = r#"{"child_modules":["#;
    let refused = [
        within("", "[", "", "]", ""),
        within("", "[", "", "", ""),
        within("", r#"{"a":"#, "1", "}", ""),
        within(r#"{"format_version":"1.2","prior_state":{"values":{"root_module":"#, modules, "{}", "]}", "}}}"),
        within(r#"{"format_version":"1.0","values":{"root_module":"#, modules, "{}", "]}", "}}"),
        within(r#"{"format_version":"1.2","planned_values":{"root_module":"#, modules, "{}", "]}", "}}"),
        within(
            r#"{"format_version":"1.2","configuration":{"root_module":"#,
            r#"{"module_calls":{"m":{"module":"#,
            "{}",
            "}}}",
            "}}",
        ),
        within(
            r#"{"format_version":"1.2","configuration":{"root_module":{"resources":[{"expressions":"#,
            "[",
            "",
            "]",
            "}]}}}",
        ),
        changes(&within(r#"{"bucket":"#, "[", "", "]", "}")),
        changes(&within(r#"{"bucket":"#, r#"{"a":"#, "1", "}", "}")),
        changes(&within(r#"{"bucket":1},"after_unknown":{"bucket":"#, "[", "", "]", "}")),
        changes(&within(r#"{"bucket":1},"after_sensitive":{"bucket":"#, r#"{"a":"#, "true", "}", "}")),
    ];
    for text in refused {
        let error = answer(text.as_bytes()).unwrap_err();
        assert!(error.contains("recursion limit exceeded at line") || error.contains("a Terraform plan"), "{error}");
        assert!(error.contains("\nhelp: ") && error.len() < 500, "{error}");
    }
    // What is passed over may be as deep as it likes, and a policy that nobody can read is unknown.
    let policies = [within("", "[", "", "]", ""), within("", r#"{"Statement":"#, "[]", "}", ""), "[".repeat(deep)];
    let texts = policies.iter().map(|policy| changes(&json!({"bucket": "b", "policy": policy}).to_string()));
    for text in texts.chain([within(r#"{"format_version":"1.2","resource_changes":[],"new":"#, "[", "", "]", "}")]) {
        assert!(answer(text.as_bytes()).is_ok());
    }
}

/// Keys, names and addresses that mean something to a terminal, a browser, a CI server or a parser.
#[test]
fn addresses_and_keys_may_hold_anything() {
    let strange = [
        "a.b",
        "a[0]",
        "a\"]b",
        "\\",
        "\\\"",
        "'",
        "ä\u{1f600}",
        "line\nfeed",
        "tab\t",
        "nul\u{0}",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}",
        "\u{9b}2J",
        "\u{202e}txt.exe",
        "\u{feff}",
        "::error::x",
        "%0A::error::x",
        "<script>x</script>",
        "]]>",
        "| a | b |",
        "</details>",
        "`",
        "${x}",
        "../../etc/passwd",
        "__proto__",
        "",
        " ",
        ".",
        "..",
        "-",
        "[",
        "]",
    ];
    let mut changes = Vec::new();
    let mut blocks = Vec::new();
    for (at, text) in strange.into_iter().enumerate() {
        let quoted = json!(text).to_string();
        let values =
            json!({"bucket": text, "policy": OPEN, "acl": "public-read", "tags": {text: text}, text: {text: text}});
        for (address, name) in [
            (format!("aws_s3_bucket.b[{quoted}]"), "b".to_owned()),
            (format!("module.m[{quoted}].aws_s3_bucket.b"), "b".to_owned()),
            (format!("aws_s3_bucket.{text}"), text.to_owned()),
            (text.to_owned(), format!("n{at}")),
        ] {
            changes.push(change(&address, "aws_s3_bucket", &name, &json!(text), &values, &json!({text: true})));
            blocks.push(block(
                "aws_s3_bucket",
                &name,
                &json!({text: {"references": [address, text]}, "acl": {"references": [text]}}),
            ));
            let rule = json!({"cidr_blocks": ["0.0.0.0/0", text], "protocol": text, "from_port": 0, "to_port": 65535, "description": text});
            let group = json!({"name": text, "description": text, "ingress": [rule]});
            let address = address.replace("aws_s3_bucket", "aws_security_group");
            changes.push(change(&address, "aws_security_group", &name, &json!(text), &group, &json!({"vpc_id": true})));
        }
    }
    let outputs = answer(plan(&changes, &blocks, &json!({})).to_string().as_bytes()).unwrap();
    for (format, text) in outputs {
        assert!(text.contains("aws-ec2-ssh-closed-to-world"), "{format} names no rule");
    }
}

#[test]
fn numbers_and_characters_that_json_can_hold_are_read_or_refused() {
    let of = |after: &str| {
        format!(
            r#"{{"format_version":"1.2","resource_changes":[{{"address":"aws_security_group.g","mode":"managed",
            "type":"aws_security_group","name":"g","index":{after},"change":{{"actions":["create"],
            "after":{{"name":{after},"ingress":[{{"from_port":{after},"to_port":{after},"protocol":{after},
            "cidr_blocks":["0.0.0.0/0",{after}]}}]}}}}}}]}}"#
        )
    };
    for fine in [
        "-0",
        "-0.0",
        "18446744073709551615",
        "-9223372036854775808",
        "18446744073709551616",
        "1e308",
        "1e-400",
        r#""\ud83d\ude00""#,
        r#""\u0000\u001b""#,
        r#"{"__proto__":{"a":1}}"#,
        "[[[]]]",
    ] {
        assert!(answer(of(fine).as_bytes()).is_ok(), "{fine}");
    }
    for broken in
        ["1e400", "-1e999", "NaN", "Infinity", "01", "+1", ".5", r#""\ud800""#, r#""\udc00\ud800""#, "\"\u{1}\"", "'x'"]
    {
        let error = answer(of(broken).as_bytes()).unwrap_err();
        assert!(error.starts_with("the plan file is not JSON: ") && error.contains("\nhelp: "), "{broken}: {error}");
    }
    let mut bytes = of("\"?\"").into_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'?').unwrap();
    bytes[at] = 0xff;
    assert!(answer(&bytes).unwrap_err().contains("neither UTF-8 nor UTF-16"));
}

/// Terraform writes no key twice. A field of the format is refused then; inside of values, the last
/// one counts, as for Terraform itself.
#[test]
fn of_a_key_that_stands_twice_it_is_clear_which_one_counts() {
    let text = |fields: &str| {
        format!(
            r#"{{"format_version":"1.2","resource_changes":[{{"address":"aws_s3_bucket.b","mode":"managed",
            "type":"aws_s3_bucket","name":"b","change":{{"actions":["create"],{fields}}}}}]}}"#
        )
    };
    let error = answer(text(r#""after":{"bucket":"a"},"after":{"bucket":"b"}"#).as_bytes()).unwrap_err();
    assert!(error.contains("an object with after twice, at line 2"), "{error}");
    let twice = text(r#""after":{"bucket":"a","bucket":"b"}"#);
    let snapshot = read_plan(twice.as_bytes()).unwrap().snapshots(Timestamp::UNIX_EPOCH).1;
    assert_eq!(snapshot.resources[0].name, "b");
    // What is unknown or sensitive once stays so.
    let twice = text(r#""after":{"bucket":"hidden"},"after_sensitive":{"bucket":true,"bucket":false}"#);
    assert_eq!(read_plan(twice.as_bytes()).unwrap().redaction().redact("hidden"), "(sensitive)");
}

#[test]
fn long_addresses_are_not_written_again_and_again() {
    let long = "module.m.".repeat(100_000);
    let resource = |at: usize| {
        json!({"address": format!("aws_s3_bucket.b{at}"), "mode": "managed", "type": "aws_s3_bucket",
               "name": format!("b{at}"), "values": {"bucket": format!("b{at}")}})
    };
    let resources: Vec<Value> = (0..MANY).map(resource).collect();
    let module = json!({"address": long, "resources": resources});
    let state = json!({"format_version": "1.0", "values": {"root_module": {"child_modules": [module]}}});
    let (before, _) = read_plan(state.to_string().as_bytes()).unwrap().snapshots(Timestamp::UNIX_EPOCH);
    assert_eq!(before.resources.len(), MANY);
    let address = format!("{long}aws_s3_bucket.b");
    let one = change(&address, "aws_s3_bucket", "b", &json!(null), &json!({"bucket": "b"}), &json!({}));
    let snapshot = after(&plan(&[one], &[], &json!({})));
    assert_eq!(snapshot.resources[0].origin.terraform_address.as_deref(), Some(address.as_str()));
}

/// Ten thousand sensitive values, and as many texts to take them out of.
#[test]
fn very_many_sensitive_values_are_taken_out_of_very_many_texts() {
    let secret = |at: usize| format!("{}{at:05}-secret", "x".repeat(300 * (at % 2)));
    let mut changes = Vec::new();
    for at in 0..10_000 {
        let mut one = change(
            &format!("aws_s3_bucket.b[{at}]"),
            "aws_s3_bucket",
            "b",
            &json!(at),
            &json!({"bucket": secret(at)}),
            &json!({}),
        );
        one["change"]["after_sensitive"] = json!({"bucket": true});
        changes.push(one);
    }
    let plan = read_plan(plan(&changes, &[], &json!({})).to_string().as_bytes()).unwrap();
    let redaction = plan.redaction();
    for at in 0..10_000 {
        assert_eq!(
            redaction.redact(&format!("the bucket {}, and xx{at:05}-x", secret(at))),
            format!("the bucket (sensitive), and xx{at:05}-x")
        );
    }
}
