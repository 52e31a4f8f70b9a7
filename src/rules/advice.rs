//! What `rules lint` says beyond faults: tests that are missing, and what would read better.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::fault::Fault;
use super::guard::Role;
use super::pack::{File, Pack};
use super::testing;
use crate::model::Rule;

/// Something that could be better, in the form of a fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advice(pub Fault);

impl Advice {
    pub(super) fn new(file: &str, line: u32, problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Fault::new(file, line, problem, help))
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Rules without tests, or without a case of each verdict.
pub(super) fn tests_missing(pack: &Pack) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in &pack.rules {
        let Some(file) = pack.file(&rule.id) else { continue };
        let name = file.source.file.replace(".rego", "_test.rego");
        let package = format!("{}_test", file.package);
        let Some(test) = pack.files.iter().find(|file| file.role == Role::Test && file.package == package) else {
            let help = format!("write {name} with `cases`; rules/README.md shows one");
            faults.push(Fault::new(&file.source.file, 0, "the rule has no tests", help));
            continue;
        };
        let wanted = testing::wanted(pack, rule, test);
        for want in ["fail", "pass", "unknown"] {
            if !wanted.contains(want) {
                let problem = format!("no case wants {want}");
                faults.push(Fault::new(&name, 0, problem, "a rule has a case of each verdict; add one to `cases`"));
            }
        }
        if !test.definitions.iter().any(|(name, _)| name.starts_with("test_")) {
            let help = "add `test_cases`, so that `opa test` runs the cases too";
            faults.push(Fault::new(&name, 0, "there is no test_ rule", help));
        }
    }
    faults
}

/// What would be better.
pub(super) fn of(pack: &Pack) -> Vec<Advice> {
    let mut advice = Vec::new();
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for rule in &pack.rules {
        let Some(file) = pack.file(&rule.id) else { continue };
        let name = &file.source.file;
        if let Some(other) = titles.insert(&rule.title, rule.id.as_str()) {
            advice.push(Advice::new(name, 2, format!("{other} has the same title"), "say what is different"));
        }
        advice.extend(words(rule, file));
        advice.extend(silent_denials(file));
    }
    advice
}

fn words(rule: &Rule, file: &File) -> Vec<Advice> {
    let name = &file.source.file;
    let mut advice = Vec::new();
    if rule.title.ends_with('.') {
        advice.push(Advice::new(name, 2, "the title ends with a full stop", "a title is no sentence"));
    }
    let argued = |what: &str| file.source.text.contains(&format!("no {what}:"));
    for (what, there) in [("cli", rule.remediation.cli.is_some()), ("terraform", rule.remediation.terraform.is_some())]
    {
        if !there && !argued(what) {
            let help = format!("add remediation.{what}, or a comment `# no {what}: <why>`");
            advice.push(Advice::new(name, 1, format!("the remediation has no {what}"), help));
        }
    }
    if rule.related_resources.is_empty() {
        advice.push(Advice::new(name, 1, "there are no related resources", "say where to read more"));
    }
    advice
}

/// Denials that go through several values and name none of them.
fn silent_denials(file: &File) -> Vec<Advice> {
    let lines: BTreeSet<u32> = file.definitions.iter().map(|(_, line)| *line).collect();
    let mut advice = Vec::new();
    for (_, line) in file.definitions.iter().filter(|(name, _)| name == "deny") {
        let next = lines.range(line + 1..).next().copied().unwrap_or(u32::MAX);
        let numbered = (1u32..).zip(file.source.text.lines());
        let body: Vec<&str> =
            numbered.filter(|(number, _)| (*line..next).contains(number)).map(|(_, text)| text).collect();
        let body = body.join("\n");
        let goes_through = body.contains("some ");
        let literal = body.contains("message := \"") || body.contains("\"message\": \"");
        if goes_through && literal {
            let help = "name the value and where it stands: sprintf(\"port %d is open to %s\", [port, cidr])";
            advice.push(Advice::new(
                &file.source.file,
                *line,
                "the message of a denial in a loop names no value",
                help,
            ));
        }
    }
    advice
}
