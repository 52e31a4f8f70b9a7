//! The rules that travel in the binary, and the engine that evaluates them.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use plimsoll::model::{
    AccountId, Bucket, BucketVersioning, GroupRule, Pointer, Region, Resource, ResourceId, ResourceType, RuleId,
    SecurityGroup, Verdict,
};
use plimsoll::rules::{Engine, Job, Pack, Parameters, schema, testing};
use serde_json::json;

fn pack() -> Pack {
    Pack::embedded(&Parameters::default()).map_err(|faults| faults.to_string()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-22T13:00:00Z".parse().unwrap()
}

fn bucket(name: &str, versioning: &str) -> Resource {
    Resource::new(
        ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap(),
        AccountId::new("111122223333").unwrap(),
        Region::new("eu-central-1").unwrap(),
        name,
        Bucket {
            versioning: Some(BucketVersioning { status: versioning.to_owned(), mfa_delete: false }),
            ..Bucket::default()
        },
    )
}

fn group(entries: usize) -> Resource {
    let entry =
        |at: usize| GroupRule { protocol: "tcp".to_owned(), from_port: i32::try_from(at).ok(), ..GroupRule::default() };
    Resource::new(
        ResourceId::new("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-1").unwrap(),
        AccountId::new("111122223333").unwrap(),
        Region::new("eu-central-1").unwrap(),
        "sg-1",
        SecurityGroup { ingress: Some((0..entries).map(entry).collect()), ..SecurityGroup::default() },
    )
}

fn metadata(of: &str, reads: &str) -> String {
    format!(
        "# METADATA\n# title: t\n# description: d\n# custom:\n#   severity: low\n#   resource_types: [\"{of}\"]\n\
         #   controls: {{}}\n#   reads: [{reads}]\n#   remediation:\n#     text: r\n"
    )
}

/// Writes files below a new directory.
fn directory(files: &[(&str, String)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// A pack of one rule on buckets or groups, with the given body of `deny`.
fn single(of: &str, reads: &str, body: &str) -> Result<Pack, String> {
    let text = format!("{}package aws.x.one\n\n{body}\n", metadata(of, reads));
    let directory = directory(&[("aws/x/one.rego", text)]);
    Pack::load(directory.path(), &Parameters::default()).map_err(|faults| faults.to_string())
}

fn verdicts(engine: &Engine, resources: &[Resource]) -> Vec<(String, Verdict)> {
    let resources: Vec<&Resource> = resources.iter().collect();
    let evaluated = engine.evaluate(&resources, now());
    evaluated.evaluations.into_iter().map(|found| (found.resource.id.to_string(), found.verdict)).collect()
}

#[test]
fn every_rule_passes_its_tests_on_both_engines() {
    let pack = pack();
    let report = testing::run(&pack);
    let failed: Vec<String> = report.failed().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    assert!(report.tests.len() > 4 * pack.rules.len(), "{} tests", report.tests.len());
    let missed: Vec<_> = report.coverage.iter().filter(|file| !file.missing.is_empty()).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn every_rule_is_compiled() {
    assert_eq!(Engine::new(&pack()).interpreted().len(), 0);
}

#[test]
fn the_schema_files_are_those_of_the_model() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/schema");
    if std::env::var_os("PLIMSOLL_WRITE_SCHEMAS").is_some() {
        schema::write(&directory).unwrap();
    }
    let help = "run PLIMSOLL_WRITE_SCHEMAS=1 cargo test --test it schema_files";
    for (name, content) in schema::files() {
        let found = std::fs::read_to_string(directory.join(&name)).unwrap_or_default();
        assert!(found == content, "rules/schema/{name} is not what the model says: {help}");
    }
    let files = std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(files, schema::files().len(), "rules/schema holds files of no type: {help}");
}

#[test]
fn a_case_that_does_not_fit_the_model_or_wants_another_verdict_is_told() {
    let rule = format!(
        "{}package aws.x.one\n\ndeny contains {{\"message\": \"m\", \"path\": [\"ownership\"]}} if input.resource.configuration.ownership == \"ObjectWriter\"\n",
        metadata("AWS::S3::Bucket", "ownership")
    );
    let cases = r#"package aws.x.one_test
cases := {
	"misspelt": {"want": "pass", "resource": {"configuration": {"owner": "x"}}},
	"wrong": {"want": "fail", "resource": {"configuration": {"ownership": "BucketOwnerEnforced"}}},
	"right": {"want": "fail", "resource": {"configuration": {"ownership": "ObjectWriter"}}},
}
test_false if 1 == 2
todo_test_later if 1 == 2
"#;
    let directory = directory(&[("aws/x/one.rego", rule), ("aws/x/one_test.rego", cases.to_owned())]);
    let report = testing::run(&Pack::load(directory.path(), &Parameters::default()).unwrap());
    let outcome = |name: &str| report.tests.iter().find(|test| test.name == name).unwrap().to_string();
    assert!(outcome("misspelt").contains("the model of AWS::S3::Bucket has no /configuration/owner"));
    assert!(outcome("wrong").contains("it wants fail, the verdict is Pass"));
    assert!(outcome("right").starts_with("PASS"));
    assert!(outcome("test_false").contains("it is undefined"));
    assert!(outcome("todo_test_later").starts_with("TODO"));
    assert!(outcome("a case that wants unknown").contains("no case of aws-x-one wants unknown"));
}

#[test]
fn all_faults_of_a_pack_are_told_together_with_place_and_next_step() {
    let deny = "deny contains {\"message\": \"m\", \"path\": [\"policy\"]} if ";
    let rule =
        |package: &str, body: &str| format!("{}package {package}\n\n{body}\n", metadata("AWS::S3::Bucket", "policy"));
    let directory = directory(&[
        ("aws/a/bare.rego", format!("package aws.a.bare\n{deny}input.resource.configuration.policy\n")),
        ("aws/a/moved.rego", rule("aws.b.moved", &format!("{deny}input.resource.configuration.policy"))),
        (
            "aws/a/clock.rego",
            rule("aws.a.clock", &format!("{deny}{{ input.resource.configuration.policy\n time.now_ns() > 0 }}")),
        ),
        ("aws/a/typo.rego", rule("aws.a.typo", &format!("{deny}input.resource.configuration.polcy"))),
        (
            "aws/a/undeclared.rego",
            rule(
                "aws.a.undeclared",
                &format!("{deny}{{ input.resource.configuration.policy\n input.resource.configuration.acl }}"),
            ),
        ),
        (
            "aws/a/whole.rego",
            rule(
                "aws.a.whole",
                &format!("{deny}{{ input.resource.configuration.policy\n count(input.resource.configuration) > 0 }}"),
            ),
        ),
        ("aws/a/broken.rego", rule("aws.a.broken", "deny contains if {")),
        (
            "aws/a/nowhere.rego",
            rule("aws.a.nowhere", &format!("{deny}{{ input.resource.configuration.policy\n data.lib.gone.x }}")),
        ),
        (
            "aws/a/loop.rego",
            rule(
                "aws.a.loop",
                &format!("{deny}{{ input.resource.configuration.policy\n _f(1) }}\n_f(n) if _g(n)\n_g(n) if _f(n)"),
            ),
        ),
        ("aws/a/deep.rego", rule("aws.a.deep", "x := [[[[[[[[[[1]]]]]]]]]]")),
        ("aws/a/large.rego", format!("# {}\n", "x".repeat(70_000))),
        (
            "aws/a/unsafe.rego",
            rule("aws.a.unsafe", &format!("{deny}{{ input.resource.configuration.policy\n with_no_value == 1 }}")),
        ),
    ]);
    let parameters = Parameters(BTreeMap::from([("days".to_owned(), json!(1))]));
    let faults = Pack::load(directory.path(), &parameters).unwrap_err().to_string();
    for expected in [
        "aws/a/bare.rego:1: there is no METADATA block above the package",
        "aws/a/moved.rego:11: the package is aws.b.moved, the path says aws.a.moved",
        "aws/a/clock.rego:14: time.now_ns is not among the functions rules may call",
        "aws/a/typo.rego:13: input.resource.configuration.polcy does not exist in AWS::S3::Bucket",
        "aws/a/typo.rego:8: reads names \"policy\", but the rule never looks at it",
        "aws/a/undeclared.rego:14: input.resource.configuration.acl is not among the reads",
        "aws/a/whole.rego:14: input.resource.configuration is taken as a whole",
        "aws/a/broken.rego:13: not Rego",
        "aws/a/nowhere.rego:14: nothing is called data.lib.gone.x",
        "aws/a/loop.rego:15: the definition needs itself",
        "aws/a/deep.rego:13: brackets are nested deeper than 8",
        "aws/a/large.rego: the file has 70003 bytes",
        "parameters: there is no parameter \"days\"",
        "help: ",
    ] {
        assert!(faults.contains(expected), "{expected} is missing in\n{faults}");
    }
}

/// Checks the one fault of a rule on buckets that reads `policy`.
fn check_fault(body: &str, expected: &str) {
    let faults = single("AWS::S3::Bucket", "policy", body).unwrap_err();
    assert!(faults.contains(expected), "{expected} is missing in\n{faults}");
}

#[test]
fn what_engines_read_differently_is_refused() {
    let denial = "{\"message\": \"m\", \"path\": [\"policy\"]}";
    let policy = "input.resource.configuration.policy";
    let body = |lines: &str| format!("deny contains {denial} if {{\n{policy}\n{lines}\n}}");
    check_fault(
        &body("not \"x\" in input.resource.configuration.policy.Id"),
        ":15: something that may be undefined is negated",
    );
    check_fault(
        &body("some s in input.resource.configuration.policy.Statement\nnot startswith(s.Sid, \"x\")"),
        ":16: something that may",
    );
    check_fault(&body("sprintf(\"%5d\", [1]) == \"\""), ":15: sprintf uses a verb");
    check_fault(&body("regex.match(`\\d+`, \"1\")"), ":15: the pattern uses a class");
    check_fault(&format!("{}\ndefault _f(_) := 1\n", body("_f(1) == 1")), "_f is a function with a default");
    check_fault(&format!("{}\n_x[k] contains 1 if k := 1\n", body("_x")), "_x has a key and `contains`");
    check_fault(&body("true with input as {}"), ":15: `with` is for tests");
    check_fault(&body("input.resource.unknown"), ":15: rules do not see input.resource.unknown");
    check_fault(&body("data.params.gone"), ":15: there is no parameter gone");
    check_fault("deny := true", ":13: deny is not a set");
    check_fault("x := 1", "the rule has no deny");
}

#[test]
fn rules_do_not_use_each_other() {
    let rule =
        |name: &str, body: &str| format!("{}package aws.x.{name}\n\n{body}\n", metadata("AWS::S3::Bucket", "policy"));
    let deny = "deny contains {\"message\": \"m\", \"path\": [\"policy\"]} if input.resource.configuration.policy";
    let other = format!("{deny}\n_other if count(data.aws.x.a.deny) > 0");
    let directory = directory(&[("aws/x/a.rego", rule("a", deny)), ("aws/x/b.rego", rule("b", &other))]);
    let faults = Pack::load(directory.path(), &Parameters::default()).unwrap_err().to_string();
    assert!(faults.contains("b.rego:14: data.aws.x.a.deny belongs to another rule"), "{faults}");
}

#[test]
fn a_denial_at_a_place_that_no_document_has_fails_its_case() {
    let rule = format!(
        "{}package aws.x.one\n\ndeny contains {{\"message\": \"m\", \"path\": [\"versoning\"]}} if not input.resource.configuration.versioning\n",
        metadata("AWS::S3::Bucket", "versioning")
    );
    let cases = "package aws.x.one_test\ncases := {\"absent\": {\"want\": \"fail\", \"resource\": {}}}\n";
    let directory = directory(&[("aws/x/one.rego", rule), ("aws/x/one_test.rego", cases.to_owned())]);
    let report = testing::run(&Pack::load(directory.path(), &Parameters::default()).unwrap());
    let absent = report.tests.iter().find(|test| test.name == "absent").unwrap();
    assert!(absent.to_string().contains("it denies /configuration/versoning, which the model"), "{absent}");
}

#[test]
fn what_only_the_engine_finds_is_a_fault_of_its_file() {
    let body = "deny contains {\"message\": \"m\", \"path\": [\"policy\"]} if {\n input.resource.configuration.policy\n x > 1\n}";
    let faults = single("AWS::S3::Bucket", "policy", body).unwrap_err();
    assert!(faults.contains("one.rego:15: not Rego"), "{faults}");
}

#[test]
fn an_unreadable_directory_is_a_fault() {
    let faults = Pack::load(Path::new("/nonexistent"), &Parameters::default()).unwrap_err().to_string();
    assert!(faults.contains("/nonexistent: the directory cannot be read"), "{faults}");
}

#[test]
fn a_parameter_changes_the_verdicts_and_the_digests_of_the_rules_that_use_it_only() {
    let given = Parameters(BTreeMap::from([("access_key_max_age_days".to_owned(), json!(30))]));
    let (before, after) = (pack(), Pack::embedded(&given).unwrap());
    let changed: Vec<&str> = before
        .rules
        .iter()
        .zip(&after.rules)
        .filter(|(before, after)| before.digest != after.digest)
        .map(|(rule, _)| rule.id.as_str())
        .collect();
    assert_eq!(changed, ["aws-iam-access-keys-rotated"]);
    assert_ne!(before.digest(), after.digest());
    assert_eq!(before.digest(), pack().digest());
    let parameter = after.parameters.iter().find(|parameter| parameter.name == "access_key_max_age_days").unwrap();
    assert_eq!((&parameter.default, &parameter.value), (&json!(90), &json!(30)));
}

#[test]
fn rules_that_read_the_time_are_marked() {
    let pack = pack();
    let marked: Vec<&str> = pack.rules.iter().filter(|rule| rule.reads_now).map(|rule| rule.id.as_str()).collect();
    assert_eq!(
        marked,
        [
            "aws-account-root-not-used",
            "aws-ec2-instance-image-supported",
            "aws-ec2-instance-not-old",
            "aws-ec2-instance-not-stopped-for-long",
            "aws-iam-access-keys-rotated",
            "aws-iam-role-in-use",
            "aws-iam-server-certificate-lasts",
            "aws-iam-server-certificate-not-expired",
            "aws-iam-unused-credentials-disabled"
        ]
    );
}

#[test]
fn the_same_resources_give_the_same_evaluations_on_any_number_of_threads() {
    let resources: Vec<Resource> = (0..500)
        .map(|at| {
            let mut resource =
                bucket(&format!("b-{:03}", (at * 7) % 500), if at % 3 == 0 { "Enabled" } else { "Suspended" });
            if at % 5 == 0 {
                resource.mark_unknown(Pointer::configuration("logging"));
            }
            plimsoll_facts(&mut resource);
            resource
        })
        .collect();
    let resources: Vec<&Resource> = resources.iter().collect();
    let pack = pack();
    let one = Engine::new(&pack).with_threads(1).evaluate(&resources, now());
    let many = Engine::new(&pack).with_threads(4).evaluate(&resources, now());
    assert_eq!(one, many);
    let engine = Engine::new(&pack);
    assert_eq!(one.evaluations.len(), 500 * engine.rules_of(ResourceType::Bucket).count());
    assert_eq!(one.evaluated, one.evaluations.len());
    assert!(one.suspects.is_empty(), "{:?}", one.suspects);
    assert!(one.rechecked > 0 && one.rechecked < one.evaluated / 10, "{} rechecked", one.rechecked);
    assert!(one.evaluations.is_sorted_by(|a, b| (&a.resource, &a.rule) < (&b.resource, &b.rule)));
}

/// Facts that are all known and harmless.
fn plimsoll_facts(resource: &mut Resource) {
    let block = json!({"block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true});
    let facts = json!({
        "policy_public": {"value": false}, "acl_public": {"value": false}, "public": {"value": false},
        "public_access_block": {"value": block}, "plain_http_denied": {"value": true}, "foreign_accounts": {"value": []},
    });
    resource.facts = plimsoll::model::Facts::from_value(resource.resource_type, facts).unwrap();
}

#[test]
fn a_job_evaluates_only_the_rules_it_names() {
    let pack = pack();
    let engine = Engine::new(&pack);
    let resource = bucket("a", "Enabled");
    let versioned = RuleId::new("aws-s3-versioned").unwrap();
    let other_type = RuleId::new("aws-ec2-imdsv2-required").unwrap();
    let job = Job { resource: &resource, rules: vec![&other_type, &versioned, &versioned] };
    let evaluated = engine.evaluate_jobs(&[job], now());
    let found: Vec<(&str, &str)> =
        evaluated.evaluations.iter().map(|found| (found.rule.as_str(), found.verdict.name())).collect();
    assert_eq!(found, [("aws-s3-versioned", "pass")]);
    assert_eq!(evaluated.evaluated, 1);
}

#[test]
fn facts_that_were_never_derived_make_a_verdict_unknown() {
    let evaluated = Engine::new(&pack()).evaluate(&[&bucket("a", "Enabled")], now());
    let public = evaluated.evaluations.iter().find(|found| found.rule.as_str() == "aws-s3-not-public").unwrap();
    assert_eq!(public.verdict, Verdict::Unknown { causes: vec!["/facts/public was not derived".to_owned()] });
}

#[test]
fn a_stale_resource_is_unknown_without_being_evaluated() {
    let mut resource = bucket("a", "Suspended");
    resource.stale_since = Some("2026-11-20T00:00:00Z".parse().unwrap());
    let evaluated = Engine::new(&pack()).evaluate(&[&resource], now());
    assert!(!evaluated.evaluations.is_empty());
    assert_eq!(evaluated.evaluated, 0);
    let causes = vec!["not listed since 2026-11-20T00:00:00Z".to_owned()];
    assert!(evaluated.evaluations.iter().all(|found| found.verdict == Verdict::Unknown { causes: causes.clone() }));
}

#[test]
fn an_error_that_the_compiled_form_swallows_makes_the_rule_unknown_everywhere() {
    let body = "deny contains {\"message\": \"m\", \"path\": [\"ownership\"]} if {\n\
                count(input.resource.configuration.website.index_document) > 0\n\
                input.resource.configuration.website.index_document - 1 > 0\n}";
    let engine = Engine::new(&single("AWS::S3::Bucket", "website", body).unwrap());
    let resources: Vec<Resource> = (0..40)
        .map(|at| {
            let mut resource = bucket(&format!("b-{at:02}"), "Enabled");
            if at == 3 {
                let website = json!({"website": {"index_document": "index.html"}});
                resource.configuration =
                    plimsoll::model::Configuration::from_value(ResourceType::Bucket, website).unwrap();
            }
            resource
        })
        .collect();
    let references: Vec<&Resource> = resources.iter().collect();
    let evaluated = engine.evaluate(&references, now());
    assert_eq!(evaluated.suspects.len(), 1);
    let suspect = &evaluated.suspects[0];
    assert!(
        suspect.reason.contains("the interpreter says") && suspect.reason.ends_with("(on arn:aws:s3:::b-03)"),
        "{suspect:?}"
    );
    assert_eq!(evaluated.evaluations.len(), 40);
    for evaluation in &evaluated.evaluations {
        let Verdict::Unknown { causes } = &evaluation.verdict else { panic!("{evaluation:?}") };
        assert!(causes[0].starts_with("the rule cannot be trusted: "));
    }
}

#[test]
fn a_denial_of_the_wrong_form_makes_the_rule_unknown() {
    let body = "deny contains \"text\" if input.resource.configuration.versioning";
    let engine = Engine::new(&single("AWS::S3::Bucket", "versioning", body).unwrap());
    let evaluated = engine.evaluate(&[&bucket("a", "Enabled")], now());
    assert_eq!(evaluated.evaluations[0].verdict.name(), "unknown");
    assert!(evaluated.suspects[0].reason.contains("deny holds \"text\""), "{:?}", evaluated.suspects);
}

#[test]
fn what_the_machine_cannot_compile_runs_on_the_interpreter() {
    let body = "deny contains {\"message\": \"m\", \"path\": [\"versioning\", \"status\"]} if {\n\
                some path\n walk(input.resource.configuration.versioning, [path, \"Suspended\"])\n}";
    let engine = Engine::new(&single("AWS::S3::Bucket", "versioning", body).unwrap());
    assert_eq!(engine.interpreted().into_iter().map(RuleId::as_str).collect::<Vec<_>>(), ["aws-x-one"]);
    let found = verdicts(&engine, &[bucket("a", "Enabled"), bucket("b", "Suspended")]);
    let found: Vec<&str> = found.iter().map(|(_, verdict)| verdict.name()).collect();
    assert_eq!(found, ["pass", "fail"]);
}

#[test]
fn a_rule_that_runs_away_is_stopped_and_unknown_while_others_keep_their_verdicts() {
    let rule = |name: &str, body: &str| {
        format!("{}package aws.x.{name}\n\n{body}\n", metadata("AWS::EC2::SecurityGroup", "ingress"))
    };
    let path = "\"path\": [\"ingress\"]";
    let runaway = format!(
        "deny contains {{\"message\": \"m\", {path}}} if {{\n some a in input.resource.configuration.ingress\n \
         some b in input.resource.configuration.ingress\n some c in input.resource.configuration.ingress\n \
         a.from_port + b.from_port + c.from_port < 0\n}}"
    );
    let modest =
        format!("deny contains {{\"message\": \"m\", {path}}} if count(input.resource.configuration.ingress) > 5");
    let directory =
        directory(&[("aws/x/runaway.rego", rule("runaway", &runaway)), ("aws/x/modest.rego", rule("modest", &modest))]);
    let engine = Engine::new(&Pack::load(directory.path(), &Parameters::default()).unwrap());
    let evaluated = engine.evaluate(&[&group(200)], now());
    let found: Vec<(&str, &str)> =
        evaluated.evaluations.iter().map(|found| (found.rule.as_str(), found.verdict.name())).collect();
    assert_eq!(found, [("aws-x-modest", "fail"), ("aws-x-runaway", "unknown")]);
    assert!(evaluated.suspects[0].reason.contains("instruction"), "{:?}", evaluated.suspects);
}

#[test]
fn the_engine_can_be_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Engine>();
}

#[test]
fn a_chain_as_long_as_allowed_is_evaluated_and_a_longer_one_refused() {
    let body = |links: usize| {
        let chain = "\n- 1".repeat(links);
        format!(
            "deny contains {{\"message\": \"m\", \"path\": [\"versioning\"]}} if {{\n\
             input.resource.configuration.versioning\n0{chain} < 0\n}}"
        )
    };
    let pack = single("AWS::S3::Bucket", "versioning", &body(99)).unwrap();
    let evaluated = Engine::new(&pack).evaluate(&[&bucket("a", "Enabled")], now());
    assert_eq!((evaluated.evaluations[0].verdict.name(), evaluated.suspects.len()), ("fail", 0));
    let faults = single("AWS::S3::Bucket", "versioning", &body(12_000)).unwrap_err();
    assert!(faults.contains("an expression has more than 100 operators"), "{faults}");
}

#[test]
fn a_long_row_of_definitions_is_refused() {
    let row = |count: usize| {
        let links = (1..count).map(|at| format!("_f{at} if _f{}\n", at + 1)).collect::<Vec<_>>().concat();
        format!(
            "deny contains {{\"message\": \"m\", \"path\": [\"versioning\"]}} if _f1\n{links}\
             _f{count} if input.resource.configuration.versioning\n"
        )
    };
    let pack = single("AWS::S3::Bucket", "versioning", &row(29)).unwrap();
    assert_eq!(verdicts(&Engine::new(&pack), &[bucket("a", "Enabled")])[0].1.name(), "fail");
    let faults = single("AWS::S3::Bucket", "versioning", &row(1000)).unwrap_err();
    assert!(faults.contains("the definition needs a row of more than 30 others"), "{faults}");
}
