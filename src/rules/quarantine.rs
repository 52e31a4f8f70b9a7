//! Rules that cannot be used: what a fault in one file costs the others.
//!
//! A rule whose file, or whose library, has a fault stays among the rules as long as its METADATA
//! can be read, so that its evaluations are `unknown` with the cause. So does one without readable
//! METADATA that an earlier scan judged by, with what it was then. Any other is lost, and said to
//! be. Everything else judges as if the file were not there.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::guard::Role;
use super::metadata::{self, Metadata};
use super::pack::{Lost, Pack, rule_id};
use super::reading::{declared_place, not_rego, package_of};
use super::rego::Interpreter;
use super::texts::{Text, Texts};
use crate::model::{Rule, RuleId};

/// Takes the files with faults, and those that need them, out of the pack. Adds what only the
/// engine finds to the faults.
pub(super) fn apply(
    pack: &mut Pack,
    texts: &Texts,
    needed: &BTreeMap<String, BTreeSet<String>>,
    faults: &mut Vec<Fault>,
) {
    let mut causes = Causes::default();
    causes.add(faults);
    // Files that do not compile are found by compiling all that is left; each round takes some out.
    loop {
        causes.spread(needed);
        pack.files.retain(|file| !causes.0.contains_key(&file.source.file));
        let found = compile(pack);
        if found.is_empty() {
            break;
        }
        causes.add(&found);
        faults.extend(found);
    }
    if causes.0.is_empty() {
        return;
    }
    let mut sound = Vec::new();
    for rule in std::mem::take(&mut pack.rules) {
        let usable = pack.file(&rule.id).is_some();
        if usable && sound.last().is_none_or(|last: &Rule| last.id != rule.id) {
            sound.push(rule);
        }
    }
    pack.rules = sound;
    for (path, text) in texts.files.iter().filter(|(path, _)| Role::of(path) == Role::Rule) {
        let Some(cause) = causes.0.get(&text.file) else { continue };
        quarantine(pack, texts, path, text, cause);
    }
    pack.rules.sort_by(|a, b| a.id.cmp(&b.id));
}

/// Why each file cannot be used.
#[derive(Default)]
struct Causes(BTreeMap<String, String>);

impl Causes {
    fn add(&mut self, faults: &[Fault]) {
        for fault in faults {
            let place = if fault.line > 0 { format!("{}:{}", fault.file, fault.line) } else { fault.file.clone() };
            // The engine's messages show the place first, and say what is wrong in a line of its own.
            let said = fault.problem.lines().find_map(|line| line.strip_prefix("error: "));
            let problem = match said {
                Some(said) => format!("not Rego: {said}"),
                None => fault.problem.lines().next().unwrap_or_default().to_owned(),
            };
            self.0.entry(fault.file.clone()).or_insert_with(|| format!("{place}: {problem}"));
        }
    }

    /// What needs a file that cannot be used cannot be used either.
    fn spread(&mut self, needed: &BTreeMap<String, BTreeSet<String>>) {
        for (file, needs) in needed {
            if !self.0.contains_key(file)
                && let Some(cause) = needs.iter().find_map(|need| self.0.get(need))
            {
                let cause = cause.clone();
                self.0.insert(file.clone(), cause);
            }
        }
    }
}

/// Keeps the rule of a file that cannot be used, with what its METADATA says, or notes its loss.
fn quarantine(pack: &mut Pack, texts: &Texts, path: &str, text: &Text, cause: &str) {
    let id = rule_id(&package_of(path));
    let metadata = text.content.as_ref().ok().and_then(|own| metadata::readable(&text.file, own));
    let replaced = || texts.replaced.get(path).and_then(|before| metadata::readable(&text.file, before));
    let taken = id.as_ref().is_none_or(|id| pack.rules.iter().any(|rule| rule.id == *id));
    match (id, metadata.or_else(replaced)) {
        (Some(id), Some(metadata)) if !taken => {
            pack.rules.push(rule(id.clone(), metadata, text, cause));
            pack.quarantined.insert(id, cause.to_owned());
        }
        (id, _) => pack.lost.push(Lost { file: text.file.clone(), rule: id, cause: cause.to_owned() }),
    }
}

impl Pack {
    /// Puts lost rules that were in force before into quarantine, as they were then: what they
    /// judged is unknown, and nothing that they found is over. The others stay lost.
    pub fn recall(&mut self, before: &[Rule]) {
        for lost in std::mem::take(&mut self.lost) {
            let unknown = |rule: &&Rule| lost.rule.as_ref() == Some(&rule.id) && self.rule(&rule.id).is_none();
            let Some(rule) = before.iter().find(unknown) else {
                self.lost.push(lost);
                continue;
            };
            let digest = digest(&lost.cause, rule.id.as_str());
            self.quarantined.insert(rule.id.clone(), lost.cause);
            self.rules.push(Rule { reads_now: false, digest, ..rule.clone() });
            self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        }
    }
}

/// The digest of a rule in quarantine: of why, and of what it is.
fn digest(cause: &str, of: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quarantined\0").update(cause.as_bytes()).update(b"\0").update(of.as_bytes());
    hasher.finalize().to_hex().to_string()
}

/// A rule as its METADATA has it. No verdict is ever kept under its digest.
fn rule(id: RuleId, metadata: Metadata, text: &Text, cause: &str) -> Rule {
    Rule {
        id,
        title: metadata.title,
        description: metadata.description,
        severity: metadata.severity,
        severity_reason: metadata.severity_reason,
        enabled: metadata.enabled,
        resource_types: metadata.resource_types,
        controls: metadata.controls,
        reads: metadata.reads.iter().map(|(place, _)| declared_place(place)).collect(),
        reads_now: false,
        remediation: metadata.remediation,
        related_resources: metadata.related_resources,
        digest: digest(cause, text.content.as_deref().unwrap_or_default()),
    }
}

/// What the interpreter finds only when it prepares rules: unsafe variables, wrong arity.
fn compile(pack: &Pack) -> Vec<Fault> {
    let all: Vec<&Rule> = pack.rules.iter().filter(|rule| pack.file(&rule.id).is_some()).collect();
    if prepare(pack, &all).is_ok() {
        return Vec::new();
    }
    let mut faults: Vec<Fault> = Vec::new();
    for rule in &all {
        let Some(file) = pack.file(&rule.id) else { continue };
        if let Err(message) = prepare(pack, &[rule]) {
            // The message may be about a library that the rule needs.
            let named = pack.files.iter().find(|file| message.contains(&format!("{}:", file.source.file)));
            let name = named.map_or(&file.source.file, |file| &file.source.file);
            let fault = Fault { help: "repair the rule".to_owned(), ..not_rego(name, &message) };
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    if faults.is_empty()
        && let (Err(message), Some(first)) = (prepare(pack, &all), all.first().and_then(|rule| pack.file(&rule.id)))
    {
        // Only together do they not compile; one after the other is taken out.
        faults.push(Fault { help: "repair the rule".to_owned(), ..not_rego(&first.source.file, &message) });
    }
    faults
}

fn prepare(pack: &Pack, rules: &[&Rule]) -> Result<(), String> {
    let Some(first) = rules.first() else { return Ok(()) };
    let mut interpreter = Interpreter::new(&pack.sources(rules), &pack.data)?;
    interpreter.prepare(&pack.deny_path(first))
}
