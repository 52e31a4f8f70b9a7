//! The library against the catalogue of controls: every control has a rule or a reason, every id that
//! a rule names exists, a severity that is not AWS's is explained; and the documents that are made
//! from both.
//!
//! Rules and catalogue are read from the folder, so that a failure can be worked off without
//! building anew. `BLESS=1` writes `rules/CATALOG.md` and the tables of `rules/README.md`.

mod documents;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use plimsoll::controls::{self, Control, Framework};
use plimsoll::model::{Rule, RuleId, Severity};
use plimsoll::rules::{Pack, Parameters};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library {
    pack: Pack::load(&folder(), &Parameters::default()).unwrap(),
    frameworks: controls::frameworks()
        .iter()
        .map(|framework| {
            let text = fs::read_to_string(folder().join(format!("controls/{}.json", framework.id))).unwrap();
            serde_json::from_str(&text).unwrap()
        })
        .collect(),
});

/// The rules, and the frameworks as they stand in the folder.
struct Library {
    pack: Pack,
    frameworks: Vec<Framework>,
}

/// A rule that serves a control, and the topics by which it does; none for the whole rule.
struct Serving<'l> {
    rule: &'l Rule,
    topics: Vec<&'l str>,
}

impl Library {
    fn serving<'l>(&'l self, framework: &str, control: &str) -> Vec<Serving<'l>> {
        let serves = |rule: &'l Rule| {
            let written = rule.controls.get(framework)?;
            let named: Vec<_> =
                written.iter().map(|id| Rule::control_and_topic(id)).filter(|(id, _)| *id == control).collect();
            let topics = named.iter().filter_map(|(_, topic)| *topic).collect();
            (!named.is_empty()).then_some(Serving { rule, topics })
        };
        self.pack.rules.iter().filter_map(serves).collect()
    }

    fn each(&self) -> impl Iterator<Item = (&Framework, &Control)> {
        self.frameworks.iter().flat_map(|framework| framework.controls.iter().map(move |control| (framework, control)))
    }

    /// The severities that AWS gives to the Security Hub controls of a rule.
    fn severities_of_aws<'l>(&'l self, rule: &'l Rule) -> Vec<(&'l str, Severity)> {
        let mut found = Vec::new();
        for framework in self.frameworks.iter().filter(|framework| ["fsbp", "security-hub"].contains(&&*framework.id)) {
            for written in rule.controls.get(&framework.id).into_iter().flatten() {
                let (id, _) = Rule::control_and_topic(written);
                found.extend(framework.control(id).and_then(|control| control.severity).map(|severity| (id, severity)));
            }
        }
        found
    }

    /// Whether the rule's severity is not the worst that AWS gives to its controls.
    fn differs(&self, rule: &Rule) -> bool {
        let worst = self.severities_of_aws(rule).into_iter().map(|(_, severity)| severity).max();
        worst.is_some_and(|worst| worst != rule.severity)
    }
}

/// All of them together, one a line.
fn none(title: &str, faults: &[String]) {
    assert!(faults.is_empty(), "\n{}: {title}\n{}\n", faults.len(), faults.join("\n"));
}

#[test]
fn the_catalogue_is_in_order() {
    let mut faults = Vec::new();
    for framework in &LIBRARY.frameworks {
        let mut ids = BTreeSet::new();
        for control in &framework.controls {
            let mut fault = |problem: &str| faults.push(format!("{} {}: {problem}", framework.id, control.id));
            if !ids.insert(&control.id) {
                fault("stands there twice");
            }
            if control.title.is_empty() || control.title.ends_with('.') || control.section.is_empty() {
                fault("has no title without full stop, or no section");
            }
            if control.left_out.as_ref().is_some_and(|reason| reason.len() < 20 || reason.ends_with('.')) {
                fault("its reason is no sentence without full stop");
            }
            if control.severity.is_some() != ["fsbp", "security-hub"].contains(&&*framework.id) {
                fault("has a severity exactly when AWS gives it one");
            }
        }
    }
    none("the catalogue", &faults);
    let twice: Vec<String> =
        LIBRARY.frameworks.iter().find(|framework| framework.id == "security-hub").map_or_else(Vec::new, |other| {
            let fsbp = LIBRARY.frameworks.iter().find(|framework| framework.id == "fsbp").unwrap();
            other.controls.iter().filter(|control| fsbp.control(&control.id).is_some()).map(|c| c.id.clone()).collect()
        });
    none("in FSBP and outside of it", &twice);
}

#[test]
fn limits_are_of_parameters_that_rules_of_the_control_use() {
    let mut faults = Vec::new();
    for (framework, control) in LIBRARY.each() {
        let serving = LIBRARY.serving(&framework.id, &control.id);
        for (name, limit) in &control.limits {
            let mut used = serving.iter().flat_map(|serving| LIBRARY.pack.parameters_of(&serving.rule.id));
            let Some(parameter) = used.find(|parameter| parameter.name == *name) else {
                faults.push(format!("{} {}: no rule of it has a parameter {name}", framework.id, control.id));
                continue;
            };
            if let Some(reason) = limit.exceeded(name, &parameter.default) {
                faults.push(format!("{} {}: by default {reason}", framework.id, control.id));
            }
        }
    }
    none("limits", &faults);
}

#[test]
fn the_schema_of_the_catalogue_is_that_of_the_model() {
    let path = folder().join("controls/schema.json");
    let text = serde_json::to_string_pretty(&schemars::schema_for!(Framework)).unwrap() + "\n";
    if std::env::var_os("PLIMSOLL_WRITE_SCHEMAS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let help = "run PLIMSOLL_WRITE_SCHEMAS=1 cargo test --test it schema";
    assert!(fs::read_to_string(&path).unwrap_or_default() == text, "rules/controls/schema.json: {help}");
    let mut files: Vec<String> = fs::read_dir(folder().join("controls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "schema.json")
        .collect();
    files.sort();
    let frameworks: Vec<String> =
        controls::frameworks().iter().map(|framework| format!("{}.json", framework.id)).collect();
    assert_eq!(files, frameworks);
}

#[test]
fn every_control_has_a_rule_or_a_reason_why_not() {
    let mut missing = Vec::new();
    let mut stale = Vec::new();
    for (framework, control) in LIBRARY.each() {
        let rules = LIBRARY.serving(&framework.id, &control.id);
        match (&control.left_out, rules.first()) {
            (None, None) => missing.push(format!("  {:<12} {:<10} {}", framework.id, control.id, control.title)),
            (Some(_), Some(serving)) => {
                stale.push(format!("  {} {}: {}", framework.id, control.id, serving.rule.id));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
    let help = "controls without a rule or a left_out reason in rules/controls";
    let missing =
        [missing, stale.into_iter().map(|line| format!("{line}: has a rule and a reason")).collect()].concat();
    none(help, &missing);
}

#[test]
fn every_control_that_a_rule_names_stands_in_its_framework() {
    let mut faults = Vec::new();
    for rule in &LIBRARY.pack.rules {
        for (name, written) in &rule.controls {
            let framework = LIBRARY.frameworks.iter().find(|framework| framework.id == *name);
            let mut seen = BTreeSet::new();
            for text in written {
                let (id, _) = Rule::control_and_topic(text);
                if !seen.insert(text) {
                    faults.push(format!("  {}: {name} {text} twice", rule.id));
                }
                if framework.is_some_and(|framework| framework.control(id).is_some()) {
                    continue;
                }
                let other = LIBRARY.frameworks.iter().find(|other| other.id != *name && other.control(id).is_some());
                let hint = other.map_or_else(String::new, |other| format!(", but stands in {}", other.id));
                faults.push(format!("  {}: {id} is not in {name}{hint}", rule.id));
            }
        }
    }
    none("controls that do not exist where METADATA says", &faults);
}

#[test]
fn a_rule_judges_the_types_that_its_controls_are_about() {
    let mut faults = Vec::new();
    for (framework, control) in LIBRARY.each() {
        for Serving { rule, .. } in LIBRARY.serving(&framework.id, &control.id) {
            if !rule.resource_types.iter().any(|resource_type| control.is_about(*resource_type)) {
                let types: Vec<&str> = rule.resource_types.iter().map(|judged| judged.name()).collect();
                faults.push(format!(
                    "  {} {}: {} judges {}, the catalogue says otherwise",
                    framework.id,
                    control.id,
                    rule.id,
                    types.join(", ")
                ));
            }
        }
    }
    none("rules that judge none of their control's types", &faults);
}

#[test]
fn a_severity_that_is_not_that_of_aws_has_a_reason() {
    let mut faults = Vec::new();
    for rule in &LIBRARY.pack.rules {
        let aws = LIBRARY.severities_of_aws(rule);
        let said: Vec<String> = aws.iter().map(|(id, severity)| format!("{id} {severity}")).collect();
        match (LIBRARY.differs(rule), &rule.severity_reason) {
            (true, None) => faults.push(format!("  {} is {}, AWS has {}", rule.id, rule.severity, said.join(", "))),
            (false, Some(_)) => faults.push(format!("  {} gives a reason and does not differ from AWS", rule.id)),
            (true, Some(_)) | (false, None) => {}
        }
    }
    none("severities without (or with needless) severity_reason", &faults);
}

/// Writes a file with `BLESS=1`, else compares it.
fn check(path: &Path, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, text).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "{} is not up to date: BLESS=1 cargo test --test it controls", path.display());
}

#[test]
fn the_catalogue_of_rules_is_up_to_date() {
    check(&folder().join("CATALOG.md"), &documents::catalogue(&LIBRARY));
}

#[test]
fn the_tables_of_controls_are_up_to_date() {
    let path = folder().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    check(&path, &documents::with_tables(&LIBRARY, &text));
}
