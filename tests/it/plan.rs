//! Terraform plans: every folder of `terraform-fixtures/` is read, mapped, judged and decided.
//!
//! `expected.json` holds the `configuration` of every resource after the plan, why each `unknown`
//! place is unknown (but for those that no plan can tell), and the decision with its findings. To
//! write it anew after a change that is meant: `PLIMSOLL_BLESS=1 cargo test --test it plan`, then
//! read the difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use plimsoll::drift::Pairs;
use plimsoll::facts;
use plimsoll::gate::{self, Decision, Effect, Failures, Moved, OnUnknown, Outcome, Policy, Request, Side};
use plimsoll::model::{Evaluation, Pointer, Resource, ResourceKey, Severity, Snapshot};
use plimsoll::report::judgement::Judgement;
use plimsoll::report::{junit, sarif};
use plimsoll::rules::{Engine, Pack, Parameters};
use plimsoll::source::terraform::{Plan, read_plan};
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("terraform-fixtures").join(name)
}

pub(crate) fn plan(name: &str) -> Plan {
    plan_in(&folder(name).join("plan.json"))
}

fn plan_in(file: &Path) -> Plan {
    read_plan(&fs::read(file).unwrap()).unwrap()
}

/// A plan with all that follows from it.
struct Judged {
    plan: Plan,
    before: JudgedSide,
    after: JudgedSide,
}

struct JudgedSide {
    snapshot: Snapshot,
    evaluations: Vec<Evaluation>,
    exposed: Vec<Evaluation>,
}

/// The rules that judge without being asked for.
static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let mut pack = Pack::embedded(&Parameters::default()).unwrap();
    pack.rules.retain(|rule| rule.enabled);
    pack
});
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&PACK).with_threads(1));

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

impl JudgedSide {
    fn side(&self) -> Side<'_> {
        Side { resources: &self.snapshot.resources, evaluations: &self.evaluations, exposed: &self.exposed }
    }
}

fn judge(name: &str) -> Judged {
    judge_plan(plan(name))
}

fn judge_plan(plan: Plan) -> Judged {
    let evaluate =
        |snapshot: &Snapshot| ENGINE.evaluate(&snapshot.resources.iter().collect::<Vec<_>>(), now()).evaluations;
    let side = |mut snapshot: Snapshot| {
        facts::derive(&mut snapshot);
        let evaluations = evaluate(&snapshot);
        // As the program does: only what hangs on the protection is looked at once more.
        let exposed = gate::unprotected(&snapshot).map(|mut exposed| {
            facts::derive_of(&mut exposed, gate::is_protected);
            exposed.resources.retain(|resource| gate::is_protected(resource.resource_type));
            evaluate(&exposed)
        });
        let exposed = exposed.unwrap_or_default();
        JudgedSide { snapshot, evaluations, exposed }
    };
    let (before, after) = plan.snapshots(now());
    Judged { before: side(before), after: side(after), plan }
}

impl Judged {
    fn decide(&self, policy: Policy) -> Decision {
        let incomplete: Vec<String> = self.plan.incomplete().iter().map(ToString::to_string).collect();
        let pairs = Pairs::of(&self.before.snapshot, &self.after.snapshot);
        let mut decision = gate::decide(&Request {
            before: self.before.side(),
            after: self.after.side(),
            changed: &self.plan.changed(),
            incomplete: &incomplete,
            moved: Moved(&|before, after| pairs.change(before, after)),
            policy,
        });
        let redaction = self.plan.redaction();
        decision.map_texts(|text| redaction.redact(text));
        decision
    }
}

fn summary(judged: &Judged, decision: &Decision) -> Value {
    let mut documents = BTreeMap::new();
    for resource in &judged.after.snapshot.resources {
        let unknown: BTreeMap<_, _> =
            resource.origin.unknown_because.iter().filter(|(_, why)| *why != "a plan does not hold it").collect();
        let document = resource.document();
        documents.insert(
            format!("{} {}", resource.resource_type, resource.origin.terraform_address.as_deref().unwrap_or("-")),
            json!({
                "id": document["id"], "account": document["account"], "region": document["region"],
                "name": document["name"], "tags": document["tags"], "configuration": document["configuration"],
                "unknown": unknown,
            }),
        );
    }
    let findings: Vec<String> = decision
        .findings
        .iter()
        .map(|finding| format!("{}: {} {}", finding.effect.name(), finding.rule, finding.address))
        .collect();
    json!({
        "documents": documents,
        "outcome": decision.outcome,
        "incomplete": decision.incomplete,
        "findings": findings,
        "sli": decision.sli.to_string(),
    })
}

/// The folders of `terraform-fixtures/` that have this file.
fn fixtures_with(file: &str) -> Vec<String> {
    let entries = fs::read_dir(folder("")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| folder(name).join(file).is_file());
    names.sort();
    names
}

#[test]
fn every_fixture_gives_its_documents_and_its_decision() {
    let names = fixtures_with("plan.json");
    assert!(names.len() >= 10, "only {} fixtures", names.len());
    for name in names {
        let judged = judge(&name);
        let found = summary(&judged, &judged.decide(Policy::default()));
        let file = folder(&name).join("expected.json");
        if std::env::var_os("PLIMSOLL_BLESS").is_some() {
            fs::write(&file, format!("{found:#}\n")).unwrap();
        }
        let expected: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(format!("{found:#}"), format!("{expected:#}"), "{name}");
    }
}

/// `applied.json` is the plan made right after the plan of the fixture was applied: it says what
/// became of everything, read back from the provider.
#[test]
#[expect(clippy::print_stdout, reason = "how much was compared is worth knowing")]
fn what_a_plan_knows_is_what_is_there_after_apply() {
    let mut compared = Compared::default();
    for name in fixtures_with("applied.json") {
        let planned = judge(&name).after;
        let applied = judge_plan(plan_in(&folder(&name).join("applied.json"))).before;
        compared.folder(&name, &planned, &applied);
    }
    println!("{}", compared.told());
    assert!(compared.different.is_empty(), "{}", compared.different.join("\n"));
    assert!(compared.folders >= 30 && compared.equal >= 600, "{}", compared.told());
}

/// The verdicts of plans beside those after apply.
#[derive(Default)]
struct Compared {
    folders: usize,
    documents: usize,
    /// Known before apply and after it, and the same.
    equal: usize,
    /// Known before apply; after it, a plan alone does not tell.
    only_before: usize,
    /// Unknown before apply.
    unknown: usize,
    became_pass: usize,
    became_fail: usize,
    different: Vec<String>,
}

/// Verdicts by resource and rule.
type Verdicts = BTreeMap<(String, String), &'static str>;

impl Compared {
    fn folder(&mut self, name: &str, planned: &JudgedSide, applied: &JudgedSide) {
        self.folders += 1;
        let (before, after) = (by_identity(&planned.snapshot), by_identity(&applied.snapshot));
        for (identity, resource) in &before {
            match after.get(identity) {
                Some(live) => differences(&format!("{name}: {}", resource.id), resource, live),
                None => self.different.push(format!("{name}: {identity} is not there after apply")),
            }
            self.documents += 1;
        }
        self.verdicts(name, &verdicts(planned), &verdicts(applied));
    }

    /// All that is said on one side or on both: what fails on one side must fail, or be unknown, on
    /// the other one, so that nothing failing is left out.
    fn verdicts(&mut self, name: &str, planned: &Verdicts, applied: &Verdicts) {
        for (place, before) in planned {
            match (*before, applied.get(place).copied()) {
                ("unknown", after) => {
                    self.unknown += 1;
                    self.became_pass += usize::from(after == Some("pass"));
                    self.became_fail += usize::from(after == Some("fail"));
                }
                (before, Some(after)) if before == after => self.equal += 1,
                (_, Some("unknown")) => self.only_before += 1,
                (before, after) => {
                    let after = after.unwrap_or("not judged");
                    self.different.push(format!("{name}: {} on {}: {before}, after apply {after}", place.1, place.0));
                }
            }
        }
        for (place, after) in applied.iter().filter(|(place, _)| !planned.contains_key(*place)) {
            if *after == "fail" {
                self.different.push(format!("{name}: {} on {} fails only after apply", place.1, place.0));
            }
        }
    }

    fn told(&self) -> String {
        let known = self.equal + self.only_before + self.different.len();
        let Self { folders, documents, equal, only_before, unknown, became_pass, became_fail, .. } = self;
        format!(
            "{folders} folders, {documents} documents; of {known} verdicts known before apply {equal} are equal after it, \
             {} differ, and of {only_before} the plan after apply tells nothing; of {unknown} unknown before apply \
             {became_pass} became pass and {became_fail} fail",
            self.different.len()
        )
    }
}

fn verdicts(side: &JudgedSide) -> Verdicts {
    let resources = by_identity(&side.snapshot).into_iter();
    let identities: BTreeMap<ResourceKey, String> =
        resources.map(|(identity, resource)| (ResourceKey::from(resource), identity)).collect();
    let evaluations = side.evaluations.iter();
    evaluations.map(|one| ((identities[&one.resource].clone(), one.rule.to_string()), one.verdict.name())).collect()
}

/// Resources by type and address. What has no address goes by its id, and so does what is not in the
/// plan: its address is that of one of its parts, and parts come and go.
fn by_identity(snapshot: &Snapshot) -> BTreeMap<String, &Resource> {
    let identity = |resource: &Resource| {
        let tags = resource.origin.unknown_because.get(&Pointer::new("/tags"));
        let is_outside = tags.is_some_and(|why| why.ends_with("is not in the plan"));
        let address = resource.origin.terraform_address.as_deref().filter(|_| !is_outside);
        format!("{} {}", resource.resource_type, address.unwrap_or(resource.id.as_str()))
    };
    snapshot.resources.iter().map(|resource| (identity(resource), resource)).collect()
}

#[test]
fn a_verdict_that_changes_with_apply_or_comes_only_after_it_is_told() {
    let of = |verdicts: &[(&str, &'static str)]| -> Verdicts {
        verdicts.iter().map(|(rule, verdict)| (("bucket".to_owned(), (*rule).to_owned()), *verdict)).collect()
    };
    let differ = |planned: &[(&str, &'static str)], applied: &[(&str, &'static str)]| {
        let mut compared = Compared::default();
        compared.verdicts("folder", &of(planned), &of(applied));
        compared.different
    };
    assert_eq!(differ(&[("a", "pass"), ("b", "unknown")], &[("a", "pass"), ("b", "fail")]), [""; 0]);
    assert_eq!(differ(&[("a", "fail")], &[("a", "unknown")]), [""; 0]);
    assert_eq!(differ(&[("a", "pass")], &[("a", "fail")]), ["folder: a on bucket: pass, after apply fail"]);
    assert_eq!(differ(&[("a", "fail")], &[("a", "pass")]), ["folder: a on bucket: fail, after apply pass"]);
    assert_eq!(differ(&[("a", "fail")], &[]), ["folder: a on bucket: fail, after apply not judged"]);
    assert_eq!(differ(&[], &[("a", "fail")]), ["folder: a on bucket fails only after apply"]);
}

/// The table in the README of the fixtures: each trap has a folder, each folder a place in it.
#[test]
fn every_trap_has_a_folder_and_every_folder_is_listed() {
    let readme = fs::read_to_string(folder("README.md")).unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = readme.lines().filter(|line| line.starts_with('|')).map(cells).collect();
    let is_folder =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let named = |row: &[String]| -> Vec<String> {
        let last = row.last().cloned().unwrap_or_default();
        last.split('`').skip(1).step_by(2).filter(|name| is_folder(name)).map(str::to_owned).collect()
    };
    let listed: Vec<&Vec<String>> = rows.iter().filter(|row| row.len() == 3).collect();
    let traps: Vec<usize> = listed.iter().filter_map(|row| row[0].parse().ok()).collect();
    assert_eq!(traps, (1..=18).collect::<Vec<_>>());
    let existing = fixtures_with("plan.json");
    assert!(existing.len() >= 40, "{}", existing.len());
    for row in &listed {
        for name in named(row) {
            assert!(existing.contains(&name), "{name} of the table does not exist");
        }
        assert!(row[0].parse::<usize>().is_err() || !named(row).is_empty(), "trap {} has no folder", row[0]);
    }
    let all: Vec<String> = listed.iter().flat_map(|row| named(row)).collect();
    let missing: Vec<&String> = existing.iter().filter(|name| !all.contains(name)).collect();
    assert!(missing.is_empty(), "not in terraform-fixtures/README.md: {missing:?}");
}

/// Everything known on both sides is equal; ids that a planned resource has only in its plan
/// (`terraform:`) stand for what is there.
pub(crate) fn differences(what: &str, planned: &Resource, live: &Resource) {
    // What use leaves behind is of the time it was looked at.
    let observed = Pointer::configuration("observed");
    let unknown: Vec<&Pointer> = planned.unknown.iter().chain(&live.unknown).chain([&observed]).collect();
    let (planned, live) = (planned.document(), live.document());
    compare(what, &Pointer::new("/configuration"), &planned["configuration"], &live["configuration"], &unknown);
    compare(what, &Pointer::new("/tags"), &planned["tags"], &live["tags"], &unknown);
}

fn compare(what: &str, at: &Pointer, planned: &Value, live: &Value, unknown: &[&Pointer]) {
    if unknown.iter().any(|place| place.covers(at)) {
        return;
    }
    match (planned, live) {
        (Value::Object(left), Value::Object(right)) => {
            for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
                let below = at.child(key);
                compare(
                    what,
                    &below,
                    left.get(key).unwrap_or(&Value::Null),
                    right.get(key).unwrap_or(&Value::Null),
                    unknown,
                );
            }
        }
        (Value::Array(left), Value::Array(right)) if unknown.iter().all(|place| !at.covers(place)) => {
            assert_eq!(left.len(), right.len(), "{what} {at}: {planned} {live}");
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(what, &at.child(index), left, right, unknown);
            }
        }
        // The order of a list depends on its unknown members.
        (Value::Array(_), Value::Array(_)) => {}
        (Value::String(id), Value::String(_)) if id.starts_with("terraform:") => {}
        _ => assert_eq!(planned, live, "{what} {at}"),
    }
}

#[test]
fn a_plan_that_opens_a_bucket_or_a_group_is_denied_and_the_addresses_are_named() {
    let check = |fixture: &str, expected: &[(&str, &str)]| {
        let decision = judge(fixture).decide(Policy::default());
        assert_eq!(decision.outcome.exit_code(), 10, "{fixture}");
        let denying: Vec<(&str, &str)> = decision
            .findings
            .iter()
            .filter(|finding| finding.denies)
            .map(|finding| (finding.address.as_str(), finding.effect.name()))
            .collect();
        for one in expected {
            assert!(denying.contains(one), "{fixture}: {one:?} is not in {denying:?}");
        }
    };
    check("public_bucket_by_policy", &[("aws_s3_bucket.site", "exposed")]);
    check("public_bucket_split_resources_known_after_apply", &[("aws_s3_bucket.media", "exposed")]);
    check("policy_document_deferred_star_principal", &[("aws_s3_bucket.site", "exposed")]);
    check("security_group_inline_world_ssh", &[("aws_security_group.bastion", "new failure")]);
    check("security_group_separate_rules_joined_by_reference", &[("aws_security_group.web", "new failure")]);
    check("role_with_world_trust", &[("aws_iam_role.open", "new failure")]);
}

#[test]
fn what_is_clean_or_was_there_before_is_allowed_and_what_is_not_whole_is_incomplete() {
    let outcome = |fixture: &str| judge(fixture).decide(Policy::default()).outcome;
    for fixture in ["private_bucket_defaults", "unchanged_after_apply", "moved_and_forgotten"] {
        assert_eq!(outcome(fixture).exit_code(), 0, "{fixture}");
    }
    assert_eq!(outcome("bad_group_fixed_and_bad_role_deleted"), Outcome::Allowed);
    for fixture in ["errored", "refresh_only", "targeted", "destroy_only"] {
        assert_eq!(outcome(fixture).exit_code(), 3, "{fixture}");
    }
}

#[test]
fn an_unknown_policy_is_said_to_be_unknown_and_not_to_pass() {
    let judged = judge("jsonencode_unknown_policy");
    let decision = judged.decide(Policy::default());
    let unknown = decision.with(Effect::Unknown).find(|finding| finding.rule.as_str() == "aws-s3-tls-only").unwrap();
    assert!(
        unknown
            .waits_for
            .iter()
            .any(|cause| cause.contains("/configuration/policy: known after apply; waits for aws_s3_bucket.data.arn")),
        "{:?}",
        unknown.waits_for
    );
    let strict = Policy { unknown: OnUnknown::Deny, fail_on: Some(Severity::Medium), ..Policy::default() };
    let lenient = Policy { fail_on: Some(Severity::Critical), ..strict };
    assert_eq!(judged.decide(lenient).outcome, Outcome::Allowed);
    assert_eq!(judged.decide(strict).outcome, Outcome::Denied);
}

#[test]
fn the_threshold_and_what_counts_can_be_set() {
    let judged = judge("moved_and_forgotten");
    let all = Policy { failures: Failures::All, ..Policy::default() };
    assert_eq!(judged.decide(all).outcome, Outcome::Denied);
    let never = Policy { fail_on: None, failures: Failures::All, unknown: OnUnknown::Deny };
    assert_eq!(judged.decide(never).outcome, Outcome::Allowed);
    let low = Policy { fail_on: Some(Severity::Low), ..Policy::default() };
    assert_eq!(judge("private_bucket_defaults").decide(low).outcome, Outcome::Denied);
}

#[test]
fn sensitive_values_are_judged_and_printed_nowhere() {
    let judged = judge("sensitive_policy");
    let decision = judged.decide(Policy::default());
    assert_eq!(decision.outcome, Outcome::Denied);
    let judgements: Vec<Judgement> = decision.findings.iter().filter_map(Judgement::of_planned).collect();
    for output in [
        serde_json::to_string(&decision).unwrap(),
        sarif::render(&judgements, &PACK.rules, "plan.json").to_string(),
        String::from_utf8(junit::render(&judgements, &PACK.rules, &[], &[]).unwrap()).unwrap(),
    ] {
        assert!(output.contains("aws-iam-role-not-open-to-anyone"));
        assert!(!output.contains("role/confidential") && !output.contains("999988887777"), "{output}");
    }
}

#[test]
fn sarif_names_rule_place_and_level_of_each_result() {
    let decision = judge("security_group_inline_world_ssh").decide(Policy::default());
    let judgements: Vec<Judgement> = decision.findings.iter().filter_map(Judgement::of_planned).collect();
    let log = sarif::render(&judgements, &PACK.rules, "out/plan 1.json");
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), PACK.rules.len());
    let results = run["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "aws-ec2-ssh-closed-to-world").unwrap();
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert_eq!((&result["kind"], &result["level"]), (&json!("fail"), &json!("error")));
    assert_eq!(result["baselineState"], "new");
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "out/plan%201.json");
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "aws_security_group.bastion");
}

#[test]
fn junit_counts_failures_and_shows_what_is_unknown_as_skipped() {
    let judged = judge("policy_document_deferred_star_principal");
    let decision = judged.decide(Policy::default());
    let judgements: Vec<Judgement> = decision.findings.iter().filter_map(Judgement::of_planned).collect();
    let xml = String::from_utf8(junit::render(&judgements, &PACK.rules, &["why".to_owned()], &[]).unwrap()).unwrap();
    let denying = judgements.iter().filter(|judgement| judgement.denies).count();
    assert!(denying > 0);
    assert_eq!(xml.matches("<failure ").count(), denying);
    assert_eq!(xml.matches("<testcase ").count(), judgements.len() + 1);
    assert!(xml.contains(r#"<error message="why"/>"#), "{xml}");
    assert!(xml.contains("unknown, not a pass"), "{xml}");
}

#[test]
fn the_routes_of_a_plan_tell_public_subnets_from_private_ones() {
    let judged = judge("route_tables");
    let fact = |address: &str, name: &str| {
        let is = |resource: &&Resource| resource.origin.terraform_address.as_deref() == Some(address);
        let document = judged.after.snapshot.resources.iter().find(is).unwrap().document();
        document["facts"][name]["value"].clone()
    };
    assert_eq!(fact("aws_subnet.public", "internet_routed"), json!(true));
    assert_eq!(fact("aws_subnet.private", "internet_routed"), json!(false));
    assert_eq!(fact("aws_subnet.main", "internet_routed"), Value::Null, "another table may take it up");
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let print = || {
        let decision = judge("module_instances").decide(Policy::default());
        let judgements: Vec<Judgement> = decision.findings.iter().filter_map(Judgement::of_planned).collect();
        sarif::render(&judgements, &PACK.rules, "plan.json").to_string()
    };
    assert_eq!(print(), print());
}

#[test]
fn a_plan_without_changes_is_judged_by_its_planned_values_and_never_passes() {
    let bytes = fs::read(folder("jsonencode_unknown_policy").join("plan.json")).unwrap();
    let mut plan: Value = serde_json::from_slice(&bytes).unwrap();
    plan.as_object_mut().unwrap().remove("resource_changes");
    let judged = judge_plan(read_plan(plan.to_string().as_bytes()).unwrap());
    let bucket = &judged.after.snapshot.resources[0];
    assert_eq!(bucket.origin.terraform_address.as_deref(), Some("aws_s3_bucket.data"));
    assert!(bucket.unknown.contains(&Pointer::configuration("policy")), "{:?}", bucket.unknown);
    assert_eq!(judged.decide(Policy::default()).outcome, Outcome::Incomplete);
}

#[test]
fn ten_thousand_instances_and_hostile_references_are_no_trouble() {
    let mut plan: Value =
        serde_json::from_slice(&fs::read(folder("module_instances").join("plan.json")).unwrap()).unwrap();
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let bucket = changes.iter().find(|change| change["type"] == "aws_s3_bucket").unwrap().clone();
    let versioning = changes.iter().find(|change| change["type"] == "aws_s3_bucket_versioning").unwrap().clone();
    for number in 0..10_000 {
        for mut change in [bucket.clone(), versioning.clone()] {
            let module = format!("module.store[\"x.{number}]\\\"\"]");
            change["address"] = json!(format!("{module}.{}.this", change["type"].as_str().unwrap()));
            change["module_address"] = json!(module);
            changes.push(change);
        }
    }
    // Each variable refers to the next one twice: 2^24 chains, if one followed them all.
    let call = &mut plan["configuration"]["root_module"]["module_calls"]["store"];
    call["module"]["resources"][1]["expressions"]["bucket"] = json!({"references": ["var.v0"]});
    for number in 0..30 {
        let next = format!("var.v{}", number + 1);
        call["expressions"][format!("v{number}")] = json!({"references": [next, format!("{next}.x"), next]});
    }
    let (_, after) = read_plan(plan.to_string().as_bytes()).unwrap().snapshots(now());
    assert_eq!(after.resources.len(), 10_002);
}
