//! Reading a pack: every file and every cross-reference is checked, and all faults are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::fault::{Fault, PackFaults};
use super::guard::{self, Index, Name, Role};
use super::metadata::{self, Metadata};
use super::outline::{self, Form, Outline};
use super::pack::{File, PARAMETERS_FILE, Pack, is_wanted, rule_id};
use super::parameters::{self, Parameter, Parameters};
use super::rego::{self, Interpreter, Source};
use super::schema;
use crate::model::{Pointer, ResourceType, Rule, RuleId};

/// A pack being read; faults gather until the end.
#[derive(Default)]
pub(super) struct Reading {
    faults: Vec<Fault>,
}

/// A file of the pack with what was read from it.
struct Read {
    role: Role,
    path: String,
    source: Source,
    outline: Outline,
    metadata: Option<Metadata>,
}

impl Reading {
    /// Gathers the texts of a directory's files, by their path in it.
    pub(super) fn directory(&mut self, root: &Path, below: &str, texts: &mut BTreeMap<String, String>) {
        let directory = if below.is_empty() { root.to_owned() } else { root.join(below) };
        let entries = std::fs::read_dir(&directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let problem = format!("the directory cannot be read: {error}");
                self.faults.push(Fault::new(&directory.display().to_string(), 0, problem, "name a directory of rules"));
                return;
            }
        };
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Hidden names are editors' files, and the second copies in a Kubernetes volume.
            if name.starts_with('.') {
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if entry.path().is_dir() {
                self.directory(root, &path, texts);
            } else if is_wanted(&path) {
                self.read_file(&entry.path(), path, texts);
            }
        }
    }

    fn read_file(&mut self, file: &Path, path: String, texts: &mut BTreeMap<String, String>) {
        match std::fs::read_to_string(file) {
            Ok(text) => drop(texts.insert(path, text)),
            Err(error) => {
                let problem = format!("the file cannot be read: {error}");
                self.faults.push(Fault::new(&file.display().to_string(), 0, problem, "rules are UTF-8 text"));
            }
        }
    }

    /// Reads and checks the texts as a pack; `root` goes before their paths in faults.
    pub(super) fn pack(
        mut self,
        root: &str,
        texts: &BTreeMap<String, String>,
        given: &Parameters,
    ) -> Result<Pack, PackFaults> {
        let defaults = self.defaults(root, texts);
        let merged = parameters::merge(&defaults, given).unwrap_or_else(|faults| {
            self.faults.extend(faults);
            defaults.clone()
        });
        let reads: Vec<Read> = texts
            .iter()
            .filter(|(path, _)| *path != PARAMETERS_FILE)
            .filter_map(|(path, text)| self.file(root, path, text))
            .collect();
        let index = self.index(&reads, &defaults);
        let mut rules: Vec<Rule> = reads.iter().filter_map(|read| self.rule(read, &reads, &index, &merged)).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        for pair in rules.windows(2).filter(|pair| pair[0].id == pair[1].id) {
            let problem = format!("two files make the rule id {}", pair[0].id);
            self.faults.push(Fault::new(root, 0, problem, "dots and underscores are both dashes in an id; rename one"));
        }
        if reads.iter().all(|read| read.role != Role::Rule) && self.faults.is_empty() {
            self.faults.push(Fault::new(root, 0, "there is no rule", "rules are *.rego files outside lib/"));
        }
        let meanings = meanings(&reads);
        if self.faults.is_empty() {
            self.faults.extend(unused(root, &defaults, &meanings));
        }
        let files: Vec<File> = reads.into_iter().map(File::from).collect();
        let parameters = defaults
            .iter()
            .map(|(name, default)| Parameter {
                name: name.clone(),
                meaning: meanings.get(name).cloned().unwrap_or_default(),
                default: default.clone(),
                value: merged.get(name).cloned().unwrap_or_default(),
            })
            .collect();
        let pack = Pack { rules, parameters, data: Value::Object(merged), files };
        if self.faults.is_empty() {
            self.faults = compile(&pack);
        }
        if self.faults.is_empty() {
            return Ok(pack);
        }
        self.faults.sort();
        self.faults.dedup();
        Err(PackFaults(self.faults))
    }

    fn defaults(&mut self, root: &str, texts: &BTreeMap<String, String>) -> Map<String, Value> {
        let Some(text) = texts.get(PARAMETERS_FILE) else { return Map::new() };
        match serde_json::from_str(text) {
            Ok(defaults) => defaults,
            Err(error) => {
                let line = u32::try_from(error.line()).unwrap_or(0);
                let file = format!("{root}/{PARAMETERS_FILE}");
                let problem = format!("not an object of names and defaults: {error}");
                self.faults.push(Fault::new(&file, line, problem, "write {\"name\": default}"));
                Map::new()
            }
        }
    }

    fn file(&mut self, root: &str, path: &str, text: &str) -> Option<Read> {
        let file = format!("{root}/{path}");
        let role = match path {
            _ if path.ends_with("_test.rego") => Role::Test,
            _ if path.starts_with("lib/") => Role::Library,
            _ => Role::Rule,
        };
        let bounds = guard::text(&file, role, text);
        if !bounds.is_empty() {
            self.faults.extend(bounds);
            return None;
        }
        let metadata = (role == Role::Rule).then(|| metadata::read(&file, text));
        let metadata = metadata.and_then(|metadata| metadata.map_err(|faults| self.faults.extend(faults)).ok());
        let source = Source { file: file.clone(), text: text.to_owned() };
        let outline = match outline::outline(&source) {
            Ok(outline) => outline,
            Err(message) => {
                self.faults.push(not_rego(&file, &message));
                return None;
            }
        };
        let expected = path.trim_end_matches(".rego").replace('/', ".");
        if outline.package.join(".") != expected {
            let problem = format!("the package is {}, the path says {expected}", outline.package.join("."));
            self.faults.push(Fault::new(&file, outline.line, problem, format!("write `package {expected}`")));
        }
        if role == Role::Rule {
            self.faults.extend(check_deny(&file, &outline));
        }
        Some(Read { role, path: file, source, outline, metadata })
    }

    fn index(&mut self, reads: &[Read], defaults: &Map<String, Value>) -> Index {
        let parameters: Vec<&str> = defaults.keys().map(String::as_str).collect();
        let mut index = Index::default();
        for read in reads {
            index.declare(&read.path, &read.outline);
        }
        for read in reads {
            self.faults.extend(index.check(&read.path, read.role, &read.outline, &parameters));
        }
        self.faults.extend(index.recursion());
        index
    }

    fn rule(&mut self, read: &Read, reads: &[Read], index: &Index, merged: &Map<String, Value>) -> Option<Rule> {
        let metadata = read.metadata.as_ref()?;
        let package = read.outline.package.join(".");
        let id = rule_id(&package).filter(|_| package.is_ascii()).or_else(|| {
            let problem = format!("{package} does not make a rule id");
            let help = "use lower-case letters, digits and underscores";
            self.faults.push(Fault::new(&read.path, read.outline.line, problem, help));
            None
        })?;
        let mut name: Name = vec!["data".to_owned()];
        name.extend(read.outline.package.iter().cloned());
        name.push("deny".to_owned());
        let (needs, files) = index.closure(&name);
        let reads_at = self.reads(read, metadata, &needs);
        self.parameters(read, metadata, &needs);
        let digest = digest(&id, &files, reads, &needs.parameters, merged);
        Some(Rule {
            id,
            title: metadata.title.clone(),
            description: metadata.description.clone(),
            severity: metadata.severity,
            severity_reason: metadata.severity_reason.clone(),
            enabled: metadata.enabled,
            resource_types: metadata.resource_types.clone(),
            controls: metadata.controls.clone(),
            reads: reads_at,
            reads_now: needs.now,
            remediation: metadata.remediation.clone(),
            related_resources: metadata.related_resources.clone(),
            digest,
        })
    }

    /// The declared places, checked against the schemas and against what the rule looks at.
    fn reads(&mut self, read: &Read, metadata: &Metadata, needs: &guard::Needs) -> Vec<Pointer> {
        let schemas: Vec<Value> = metadata.resource_types.iter().map(|&of| schema::document(of)).collect();
        let mut declared = Vec::new();
        for (text, line) in &metadata.reads {
            let place = declared_place(text);
            if !schemas.iter().any(|schema| schema::allows(schema, &place)) {
                let problem = format!("reads names {text:?}, which {} do not have", types(&metadata.resource_types));
                self.faults.push(Fault::new(&read.path, *line, problem, known_places(&schemas)));
            } else if !needs.places.iter().any(|(path, ..)| place.covers(&place_of(path))) {
                let problem = format!("reads names {text:?}, but the rule never looks at it");
                self.faults.push(Fault::new(&read.path, *line, problem, "take it out of reads"));
            }
            declared.push(place);
        }
        for (path, file, line) in &needs.places {
            let place = place_of(path);
            let written = format!("input.resource.{}", path.join("."));
            if !schemas.iter().any(|schema| schema::allows(schema, &place)) {
                let problem = format!("{written} does not exist in {}", types(&metadata.resource_types));
                self.faults.push(Fault::new(file, *line, problem, known_places(&schemas)));
            } else if !declared.iter().any(|declared| declared.covers(&place)) {
                let problem = format!("{written} is not among the reads of {}", read.path);
                let help = "add it to custom.reads; a verdict must wait for what a rule looks at";
                self.faults.push(Fault::new(file, *line, problem, help));
            }
        }
        declared.sort();
        declared.dedup();
        declared
    }

    fn parameters(&mut self, read: &Read, metadata: &Metadata, needs: &guard::Needs) {
        for (name, (_, line)) in &metadata.parameters {
            if !needs.parameters.contains(name) {
                let problem = format!("parameters names {name:?}, but the rule does not use it");
                self.faults.push(Fault::new(&read.path, *line, problem, format!("use data.params.{name}, or drop it")));
            }
        }
        for name in needs.parameters.iter().filter(|name| !metadata.parameters.contains_key(*name)) {
            let problem = format!("the rule uses data.params.{name} without saying what it means");
            let help = format!("add `{name}: <meaning>` to custom.parameters");
            self.faults.push(Fault::new(&read.path, read.outline.line, problem, help));
        }
    }
}

impl From<Read> for File {
    fn from(read: Read) -> Self {
        let definitions = read.outline.rules.iter().map(|rule| (rule.name.clone(), rule.line)).collect();
        Self { role: read.role, package: read.outline.package.join("."), source: read.source, definitions }
    }
}

fn check_deny(file: &str, outline: &Outline) -> Vec<Fault> {
    let denies: Vec<_> = outline.rules.iter().filter(|rule| rule.name == "deny").collect();
    let help = "write `deny contains {\"message\": …, \"path\": […]} if { … }`";
    if denies.is_empty() {
        return vec![Fault::new(file, outline.line, "the rule has no deny", help)];
    }
    let not_sets = denies.into_iter().filter(|rule| rule.form != Form::Set);
    not_sets.map(|rule| Fault::new(file, rule.line, "deny is not a set", help)).collect()
}

/// `policy` is `/configuration/policy`; `facts.public` and `tags` stand beside `configuration`.
fn declared_place(text: &str) -> Pointer {
    let path: Vec<String> = text.split('.').map(str::to_owned).collect();
    match path.first().map(String::as_str) {
        Some("facts" | "tags") => place_of(&path),
        _ => path.iter().fold(Pointer::new("/configuration"), |place, segment| place.child(segment)),
    }
}

fn place_of(path: &[String]) -> Pointer {
    path.iter().fold(Pointer::default(), |place, segment| place.child(segment))
}

fn types(types: &[ResourceType]) -> String {
    types.iter().map(|of| of.name()).collect::<Vec<_>>().join(", ")
}

fn known_places(schemas: &[Value]) -> String {
    let mut known = BTreeSet::new();
    for schema in schemas {
        known.extend(schema::attributes(schema, "configuration"));
        known.extend(schema::attributes(schema, "facts").iter().map(|fact| format!("facts.{fact}")));
    }
    format!("there are {}, tags", known.into_iter().collect::<Vec<_>>().join(", "))
}

fn meanings(reads: &[Read]) -> BTreeMap<String, String> {
    let mut meanings = BTreeMap::new();
    for metadata in reads.iter().filter_map(|read| read.metadata.as_ref()) {
        for (name, (meaning, _)) in &metadata.parameters {
            meanings.entry(name.clone()).or_insert_with(|| meaning.clone());
        }
    }
    meanings
}

fn unused(root: &str, defaults: &Map<String, Value>, meanings: &BTreeMap<String, String>) -> Vec<Fault> {
    let file = format!("{root}/{PARAMETERS_FILE}");
    let unused = defaults.keys().filter(|name| !meanings.contains_key(*name));
    unused.map(|name| Fault::new(&file, 0, format!("no rule uses {name}"), "take it out")).collect()
}

fn digest(
    id: &RuleId,
    files: &BTreeSet<String>,
    reads: &[Read],
    parameters: &BTreeSet<String>,
    merged: &Map<String, Value>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    part(rego::VERSION);
    part(id.as_str());
    for read in reads.iter().filter(|read| files.contains(&read.path)) {
        part(&read.outline.package.join("."));
        part(&read.source.text);
    }
    for name in parameters {
        part(name);
        part(&merged.get(name).map(ToString::to_string).unwrap_or_default());
    }
    hasher.finalize().to_hex().to_string()
}

fn not_rego(file: &str, message: &str) -> Fault {
    let line = message
        .split_once("-->")
        .and_then(|(_, place)| place.lines().next())
        .and_then(|place| place.rsplit(':').nth(1))
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or(0);
    Fault::new(file, line, format!("not Rego: {}", message.trim()), "rules are Rego v1")
}

/// What the interpreter finds only when it prepares rules: unsafe variables, wrong arity.
fn compile(pack: &Pack) -> Vec<Fault> {
    let all: Vec<&Rule> = pack.rules.iter().collect();
    if prepare(pack, &all).is_ok() {
        return Vec::new();
    }
    let faults = pack.files.iter().filter(|file| file.role == Role::Rule).filter_map(|file| {
        let rule = pack.rule(&rule_id(&file.package)?)?;
        let message = prepare(pack, &[rule]).err()?;
        Some(Fault { help: "repair the rule".to_owned(), ..not_rego(&file.source.file, &message) })
    });
    faults.collect()
}

fn prepare(pack: &Pack, rules: &[&Rule]) -> Result<(), String> {
    let Some(first) = rules.first() else { return Ok(()) };
    let mut interpreter = Interpreter::new(&pack.sources(rules), &pack.data)?;
    interpreter.prepare(&pack.deny_path(first))
}
