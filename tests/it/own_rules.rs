//! Rules of one's own beside the built-in ones: which of them judge, what a fault in one of them
//! costs, and that none of them stops a scan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use plimsoll::model::{Bucket, BucketVersioning, Region, Resource, ResourceId, RuleId, Verdict};
use plimsoll::rules::{Engine, Pack, Parameters, Workshop};

use crate::estate::{folder, program, run};

fn now() -> Timestamp {
    "2026-11-22T13:00:00Z".parse().unwrap()
}

/// A rule on buckets that reads `ownership` and `tags`, whose body is what is given.
fn rule(package: &str, body: &str) -> String {
    format!(
        "# METADATA\n# title: {package}\n# description: d\n# related_resources: [https://example.com]\n# custom:\n\
         #   severity: low\n#   resource_types: [\"AWS::S3::Bucket\"]\n#   controls: {{}}\n#   reads: [ownership]\n\
         #   remediation:\n#     text: r\npackage {package}\n\n{body}\n"
    )
}

const DENY: &str = "deny contains {\"message\": \"m\", \"path\": [\"ownership\"]} if ";
const OWNERSHIP: &str = "input.resource.configuration.ownership";

/// The rule with lines in the body of `deny` and definitions beside it.
fn denying(package: &str, lines: &str, beside: &str) -> String {
    rule(package, &format!("{DENY}{{\n\t{OWNERSHIP} == \"ObjectWriter\"\n\t{lines}\n}}\n\n{beside}"))
}

fn write(folder: &Path, files: &[(&str, String)]) -> PathBuf {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder.to_owned()
}

fn bucket() -> Resource {
    Resource::new(
        ResourceId::new("arn:aws:s3:::b").unwrap(),
        plimsoll::model::AccountId::new("111122223333").unwrap(),
        Region::new("eu-central-1").unwrap(),
        "b",
        Bucket {
            ownership: Some("ObjectWriter".to_owned()),
            versioning: Some(BucketVersioning { status: "Enabled".to_owned(), mfa_delete: false }),
            ..Bucket::default()
        },
    )
}

/// The pack of a scan with this folder beside the built-in rules.
fn of_scan(folder: &Path) -> Pack {
    Pack::of_scan(true, &[folder.to_owned()], &Parameters::default()).map_err(|faults| faults.to_string()).unwrap()
}

/// What each rule says about the bucket.
fn verdicts(pack: &Pack) -> BTreeMap<String, Verdict> {
    let evaluated = Engine::new(pack).evaluate(&[&bucket()], now());
    evaluated.evaluations.into_iter().map(|found| (found.rule.to_string(), found.verdict)).collect()
}

/// Why it is unknown; of another verdict, what it is.
fn causes(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Unknown { causes } => causes.join("\n"),
        Verdict::Pass | Verdict::Fail { .. } | Verdict::Waived { .. } => verdict.name().to_owned(),
    }
}

#[test]
fn rules_of_one_s_own_judge_beside_the_built_in_ones() {
    let (folder, _) = folder();
    let own = write(folder.path(), &[("acme/s3/owned.rego", denying("acme.s3.owned", "true", ""))]);
    let pack = of_scan(&own);
    let all = verdicts(&pack);
    assert_eq!(all["acme-s3-owned"].name(), "fail");
    assert_eq!(all["aws-s3-versioned"].name(), "pass");
    let without = Pack::of_scan(false, &[own], &Parameters::default()).unwrap();
    assert_eq!(without.rules.len(), 1);
}

#[test]
fn a_rule_that_cannot_be_used_is_unknown_with_the_cause_and_the_others_judge() {
    let (folder, _) = folder();
    let own = write(
        folder.path(),
        &[
            ("acme/s3/broken.rego", rule("acme.s3.broken", "deny contains if {")),
            ("acme/s3/clock.rego", denying("acme.s3.clock", "time.now_ns() > 0", "")),
            ("acme/s3/unsafe.rego", denying("acme.s3.unsafe", "x > 1", "")),
            ("acme/s3/needy.rego", denying("acme.s3.needy", "data.lib.half.yes", "")),
            ("acme/s3/deep.rego", denying("acme.s3.deep", "[[[[[[[[[[1]]]]]]]]]]", "")),
            ("acme/s3/sound.rego", denying("acme.s3.sound", "data.lib.whole.yes", "")),
            ("lib/half.rego", "package lib.half\n\nyes if {\n".to_owned()),
            ("lib/whole.rego", "package lib.whole\n\nyes := 1 == 1\n".to_owned()),
        ],
    );
    let pack = of_scan(&own);
    let all = verdicts(&pack);
    assert_eq!(all["acme-s3-sound"].name(), "fail");
    assert_eq!(all["aws-s3-versioned"].name(), "pass");
    for (rule, cause) in [
        ("acme-s3-broken", "acme/s3/broken.rego:14: not Rego"),
        ("acme-s3-clock", "acme/s3/clock.rego:16: time.now_ns is not among the functions"),
        ("acme-s3-unsafe", "acme/s3/unsafe.rego:16: not Rego"),
        ("acme-s3-needy", "lib/half.rego:4: not Rego"),
        ("acme-s3-deep", "acme/s3/deep.rego:16: brackets are nested deeper than 8"),
    ] {
        let found = &all[rule];
        assert!(causes(found).contains(cause), "{rule}: {found:?}");
    }
    assert!(pack.lost.is_empty(), "{:?}", pack.lost);
    let suspects = Engine::new(&pack).evaluate(&[], now()).suspects;
    assert_eq!(suspects.len(), 5, "they are told even when there is nothing to judge: {suspects:?}");
}

#[test]
fn the_digest_of_a_rule_in_quarantine_is_another_one() {
    let (folder, _) = folder();
    let sound = denying("acme.s3.owned", "true", "");
    let own = write(folder.path(), &[("acme/s3/owned.rego", sound.clone())]);
    let id = RuleId::new("acme-s3-owned").unwrap();
    let before = of_scan(&own);
    fs::write(own.join("acme/s3/owned.rego"), format!("{sound}\n_x if time.now_ns() > 0\n")).unwrap();
    let after = of_scan(&own);
    assert_ne!(before.rule(&id).unwrap().digest, after.rule(&id).unwrap().digest);
    assert_ne!(before.digest(), after.digest());
}

#[test]
fn a_rule_without_readable_metadata_is_lost_and_a_replaced_one_keeps_the_built_in_s() {
    let (folder, _) = folder();
    let own = write(
        folder.path(),
        &[
            ("acme/s3/bare.rego", "package acme.s3.bare\n".to_owned()),
            ("aws/s3/versioned.rego", "package aws.s3.versioned\n\ndeny contains {".to_owned()),
            ("aws/s3/tls/only.rego", denying("aws.s3.tls.only", "true", "")),
        ],
    );
    fs::write(own.join("acme/s3/bytes.rego"), [0xff, 0xfe]).unwrap();
    let pack = of_scan(&own);
    let all = verdicts(&pack);
    let lost: Vec<&str> = pack.lost.iter().filter_map(|lost| lost.rule.as_ref()).map(RuleId::as_str).collect();
    assert_eq!(lost, ["acme-s3-bare", "acme-s3-bytes", "aws-s3-tls-only"]);
    assert!(pack.lost[0].cause.contains("acme/s3/bare.rego:1: there is no METADATA block"), "{:?}", pack.lost);
    assert!(pack.lost[2].cause.contains("two files make the rule id aws-s3-tls-only"), "{:?}", pack.lost);
    assert!(causes(&all["aws-s3-versioned"]).contains("aws/s3/versioned.rego:1: there is no METADATA"));
    assert!(!pack.quarantined.contains_key(&RuleId::new("aws-s3-tls-only").unwrap()), "the built-in one judges");
}

#[test]
fn a_built_in_rule_that_needs_a_replaced_library_with_a_fault_is_unknown() {
    let (folder, _) = folder();
    let own = write(folder.path(), &[("lib/ages.rego", "package lib.ages\n\nx := {\n".to_owned())]);
    let pack = of_scan(&own);
    let quarantined: Vec<&str> = pack.quarantined.keys().map(RuleId::as_str).collect();
    assert!(quarantined.contains(&"aws-iam-access-keys-rotated"), "{quarantined:?}");
    assert!(!quarantined.contains(&"aws-s3-versioned"), "{quarantined:?}");
}

/// What it defines would take the place of another file's.
#[test]
fn a_copy_that_keeps_the_package_of_a_built_in_rule_takes_nothing_from_it() {
    let (folder, _) = folder();
    let own = write(folder.path(), &[("aws/s3/mine.rego", denying("aws.s3.versioned", "true", ""))]);
    let pack = of_scan(&own);
    let all = verdicts(&pack);
    assert_eq!(all["aws-s3-versioned"].name(), "pass");
    assert!(causes(&all["aws-s3-mine"]).contains("the package is aws.s3.versioned, the path says aws.s3.mine"));
}

#[test]
fn a_topic_that_no_denial_can_have_is_a_fault() {
    let (folder, _) = folder();
    let with = |topic: &str| {
        let rule = rule(
            "acme.s3.owned",
            &format!(
                "deny contains {{\"message\": \"m\", \"path\": [\"ownership\"], \"topic\": \"writer\"}} if {OWNERSHIP} == \"ObjectWriter\""
            ),
        );
        rule.replace("controls: {}", &format!("controls: {{\"prowler\": [\"s3_bucket_acl_prohibited@{topic}\"]}}"))
    };
    let verdict = |topic| {
        verdicts(&of_scan(&write(folder.path(), &[("acme/s3/owned.rego", with(topic))])))["acme-s3-owned"].clone()
    };
    assert_eq!(verdict("writer").name(), "fail");
    let wrong = causes(&verdict("writr"));
    assert!(
        wrong.contains("no denial can have the topic writr, so that s3_bucket_acl_prohibited would always pass"),
        "{wrong}"
    );
}

#[test]
fn faults_of_parameters_and_folders_that_are_not_there_are_errors() {
    let (folder, _) = folder();
    let own = write(folder.path(), &[("params/data.json", "{\"days\": }".to_owned())]);
    let faults = Pack::of_scan(true, &[own], &Parameters::default()).unwrap_err().to_string();
    assert!(faults.contains("params/data.json:1: not an object of names and defaults"), "{faults}");
    let texts = write(
        &folder.path().join("texts"),
        &[("params/data.json", "{\"access_key_max_age_days\": \"90\"}".to_owned())],
    );
    let faults = Pack::of_scan(true, &[texts], &Parameters::default()).unwrap_err().to_string();
    assert!(faults.contains("params/data.json: access_key_max_age_days is text, not a whole number"), "{faults}");
    let gone = PathBuf::from("/nonexistent");
    let faults = Pack::of_scan(true, &[gone], &Parameters::default()).unwrap_err().to_string();
    assert!(faults.contains("/nonexistent: the directory cannot be read"), "{faults}");
}

/// What would end or hang the process is refused before it runs, and says why.
#[test]
fn hostile_rules_are_refused_when_they_are_read() {
    let doubling = |join: &str| {
        (1..25).fold("_a0 := \"0123456789\"\n".to_owned(), |text, at| {
            let before = at - 1;
            text + &format!("_a{at} := {}\n", join.replace('@', &format!("_a{before}")))
        })
    };
    let cases: &[(&str, &str, String, &str)] = &[
        ("functions", "_f(1)", "_f(n) if _f(n + 1)".to_owned(), "the definition needs itself"),
        ("mutual", "_g(1)", "_g(n) if _h(n)\n_h(n) if _g(n)".to_owned(), "the definition needs itself"),
        ("rules", "_a", "_a if _b\n_b if _a".to_owned(), "the definition needs itself"),
        ("inside", "count(_c) > 0", "_c := [x | some x in _c]".to_owned(), "the definition needs itself"),
        ("otherwise", "_d", "_d if { 1 == 2 } else if { _d }".to_owned(), "the definition needs itself"),
        ("range", "count(numbers.range(0, 1000000000)) > 0", String::new(), "numbers.range is not among"),
        ("expand", "count(net.cidr_expand(\"::/0\")) > 0", String::new(), "net.cidr_expand is not among"),
        ("shift", "bits.lsh(1, 1000000000) > 0", String::new(), "bits.lsh is not among"),
        ("clique", "graph.reachable_paths({}, []) != set()", String::new(), "graph.reachable_paths is not among"),
        ("graph", "graph.reachable({}, []) != set()", String::new(), "graph.reachable is not among"),
        ("width", "sprintf(\"%0999999999d\", [1]) != \"\"", String::new(), "sprintf uses a verb"),
        (
            "format",
            "f := concat(\"\", [\"%0\", \"999999999d\"])\n\tsprintf(f, [1]) != \"\"",
            String::new(),
            "sprintf may make",
        ),
        (
            "replace",
            "s := \"aaaa\"\n\treplace(s, \"a\", s) != \"\"",
            String::new(),
            "replace may make of a text anything",
        ),
        ("doubling", "_a24 != \"\"", doubling("concat(\"\", [@, @])"), "can become more than 16384 times as large"),
        ("printing", "_a24 != \"\"", doubling("sprintf(\"%s%s\", [@, @])"), "can become more than 16384 times"),
        ("arrays", "_a24 != []", doubling("array.concat(@, @)").replace("\"0123456789\"", "[1, 2]"), "can become more"),
        ("products", "_a24 > 0", doubling("@ * @").replace("\"0123456789\"", "99"), "can become more than 16384"),
        (
            "calls",
            "_t(_t(_t(_t(\"x\")))) != \"\"",
            "_t(s) := concat(\"\", [s, s, s, s, s, s, s, s, s, s, s, s])".to_owned(),
            "can become more",
        ),
        (
            "literal",
            "x := [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]",
            String::new(),
            "brackets are nested deeper",
        ),
        (
            "network",
            "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"})",
            String::new(),
            "http.send is not among",
        ),
    ];
    let (folder, _) = folder();
    for (name, lines, beside, _) in cases {
        let path = format!("acme/x/{name}.rego");
        write(folder.path(), &[(&path, denying(&format!("acme.x.{name}"), lines, beside))]);
    }
    let pack = of_scan(folder.path());
    let all = verdicts(&pack);
    for (name, _, _, expected) in cases {
        let found = &all[&format!("acme-x-{name}")];
        assert!(causes(found).contains(expected), "{name}: {found:?}");
    }
    assert_eq!(all["aws-s3-versioned"].name(), "pass");
}

/// What takes too long is stopped by the limit on instructions, and is unknown.
#[test]
fn rules_that_run_away_are_stopped_and_unknown() {
    let digits = "_n := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
    let (folder, _) = folder();
    let own = write(
        folder.path(),
        &[
            (
                "acme/x/product.rego",
                denying(
                    "acme.x.product",
                    "some a in _n\n\tsome b in _n\n\tsome c in _n\n\tsome d in _n\n\tsome e in _n\n\tsome f in _n\n\ta + b + c + d + e + f < 0",
                    digits,
                ),
            ),
            (
                "acme/x/list.rego",
                denying(
                    "acme.x.list",
                    "count([1 | some a in _n; some b in _n; some c in _n; some d in _n; some e in _n; some f in _n]) < 0",
                    digits,
                ),
            ),
            (
                "acme/x/pattern.rego",
                denying("acme.x.pattern", "regex.match(\"^(a+)+$\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\")", ""),
            ),
            (
                "acme/x/globs.rego",
                denying(
                    "acme.x.globs",
                    "glob.match(\"*a*a*a*a*a*a*a*a*a*a*b\", [], \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\")",
                    "",
                ),
            ),
            ("acme/x/large.rego", denying("acme.x.large", "to_number(\"1e999999999\") > 0", "")),
            ("acme/x/number.rego", denying("acme.x.number", "1e999999999 > 0", "")),
        ],
    );
    let pack = of_scan(&own);
    let all = verdicts(&pack);
    for rule in ["acme-x-product", "acme-x-list"] {
        assert!(causes(&all[rule]).contains("instruction"), "{rule}: {:?}", all[rule]);
    }
    for rule in ["acme-x-pattern", "acme-x-globs"] {
        assert_eq!(all[rule].name(), "pass", "{rule}");
    }
    // What becomes of such numbers is the engine's matter; that the scan goes on is ours.
    for rule in ["acme-x-large", "acme-x-number"] {
        assert!(all.contains_key(rule));
    }
    assert_eq!(all["aws-s3-versioned"].name(), "pass");
}

/// A document that nests deeply, and one that is large, are unknown and no harm.
#[test]
fn a_snapshot_that_nests_deeply_is_refused() {
    let (folder, _) = folder();
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    fs::write(folder.path().join("deep.json"), format!("{{\"format\": 1, \"resources\": {deep}}}")).unwrap();
    let ended = run(&mut program(folder.path()), &["scan", "--snapshot", "deep.json"]);
    assert!(ended.code == 1 && ended.stderr.contains("deep.json is not a snapshot"), "{ended:?}");
}

#[test]
fn a_workshop_tells_the_faults_of_what_is_asked_for_only() {
    let (folder, _) = folder();
    let own = write(
        folder.path(),
        &[
            ("acme/s3/broken.rego", rule("acme.s3.broken", "deny contains if {")),
            ("acme/s3/bare.rego", denying("acme.s3.bare", "true", "")),
            ("lib/own.rego", "package lib.own\n\nnobody := 1\n".to_owned()),
        ],
    );
    let open =
        |path: &Path| Workshop::open(Some(path.to_str().unwrap()), &[]).map_err(|none| none.to_string()).unwrap();
    let lint = open(&own).lint();
    let faults: Vec<String> = lint.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("bare.rego: the rule has no tests\n  help: write"), "{faults:?}");
    assert!(faults[1].contains("broken.rego:14: not Rego"), "{faults:?}");
    let advice: Vec<String> = lint.advice.iter().map(ToString::to_string).collect();
    assert!(advice.iter().any(|one| one.contains("own.rego:3: nothing uses data.lib.own.nobody")), "{advice:?}");
    assert!(advice.iter().any(|one| one.contains("bare.rego:1: the remediation has no cli")), "{advice:?}");
    assert_eq!(lint.rules, 2);
    let one = open(&own.join("acme/s3/bare.rego"));
    assert_eq!(one.lint().faults.len(), 1);
    let report = open(&own).test();
    let failed: Vec<String> = report.failed().map(ToString::to_string).collect();
    assert!(failed.iter().any(|test| test.contains("broken.rego:14  the file can be used")), "{failed:?}");
    assert!(failed.iter().any(|test| test.contains("no case of acme-s3-bare wants fail")), "{failed:?}");
    let none = Workshop::open(Some("aws-s3-versionned"), &[]).err().unwrap();
    assert!(none.to_string().contains("did you mean aws-s3-versioned?"), "{none}");
}
