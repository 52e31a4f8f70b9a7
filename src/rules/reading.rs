//! Reading a pack: every file and every cross-reference is checked, and all faults are kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::bounds;
use super::fault::{Fault, PackFaults};
use super::guard::{self, Index, Name, Role};
use super::metadata::{self, Metadata};
use super::outline::{self, Form, Outline};
use super::pack::{File, Origin, Pack, rule_id};
use super::parameters::{self, Parameter, Parameters};
use super::quarantine;
use super::rego::{self, Source};
use super::schema;
use super::texts::{self, ParameterFile, Text, Texts};
use crate::model::{Pointer, ResourceType, Rule, RuleId};

/// What came of reading texts as a pack.
pub(super) struct Examined {
    /// The rules, sound and quarantined ones.
    pub(super) pack: Pack,
    /// Faults that concern the pack as a whole, its folders or its parameters.
    pub(super) general: Vec<Fault>,
    /// Faults of files.
    pub(super) of_files: Vec<Fault>,
    /// Parameters that no rule uses: a fault of a pack that is written, not of one that judges.
    pub(super) unused_parameters: Vec<Fault>,
    /// Definitions of libraries that nothing uses: file, line and name.
    pub(super) unused: Vec<(String, u32, String)>,
}

impl Examined {
    /// All faults, sorted by place.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = [&self.general, &self.of_files].into_iter().flatten().cloned().collect();
        if faults.is_empty() {
            faults.extend(self.unused_parameters.iter().cloned());
        }
        faults.sort();
        faults.dedup();
        faults
    }

    /// The pack, if it has no fault at all.
    pub(super) fn strictly(self) -> Result<Pack, PackFaults> {
        let faults = self.faults();
        if faults.is_empty() { Ok(self.pack) } else { Err(PackFaults(faults)) }
    }

    /// The pack with the rules that cannot be used in quarantine.
    pub(super) fn tolerantly(mut self) -> Result<Pack, PackFaults> {
        if self.general.is_empty() {
            return Ok(self.pack);
        }
        self.general.sort();
        self.general.dedup();
        Err(PackFaults(self.general))
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Everything that may be wrong.
    Whole,
    /// What is needed to judge by rules that were examined before: those that travel in the binary,
    /// which the tests of this program examine. A fault in them would still be found when they are
    /// evaluated, and make what they judge unknown.
    Examined,
}

/// A pack being read; faults gather until the end.
struct Reading {
    care: Care,
    general: Vec<Fault>,
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

/// Reads and checks texts as a pack.
pub(super) fn examine(texts: &Texts, given: &Parameters, care: Care) -> Examined {
    let mut reading = Reading { care, general: texts.faults.clone(), faults: Vec::new() };
    let defaults = reading.defaults(texts);
    let mut reads = Vec::new();
    let mut broken = Vec::new();
    for (path, text) in &texts.files {
        match reading.file(path, text) {
            Some(read) => reads.push(read),
            None => broken.push((path.as_str(), text)),
        }
    }
    let users = users(&reads);
    let merged = parameters::merge(&defaults, given, &users).unwrap_or_else(|faults| {
        reading.general.extend(faults);
        defaults.clone()
    });
    let index = reading.index(&reads, &broken, &defaults);
    let mut rules: Vec<Rule> = reads.iter().filter_map(|read| reading.rule(read, &reads, &index, &merged)).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    reading.doubles(&texts.files, &rules);
    if texts.files.iter().all(|(path, _)| Role::of(path) != Role::Rule) && reading.faults.is_empty() {
        let help = "rules are *.rego files outside lib/";
        reading.general.push(Fault::new(&texts.root, 0, "there is no rule", help));
    }
    let meanings = meanings(&reads);
    let needed = index.files_of_files(reads.iter().map(|read| read.path.as_str()));
    let of_rules = reads.iter().filter(|read| read.role == Role::Rule);
    let needs = of_rules
        .filter_map(|read| Some((rule_id(&read.outline.package.join("."))?, needed.get(&read.path)?.clone())))
        .collect();
    let parameters = defaults
        .iter()
        .map(|(name, default)| Parameter {
            name: name.clone(),
            meaning: meanings.get(name).cloned().unwrap_or_default(),
            default: default.clone(),
            value: merged.get(name).cloned().unwrap_or_default(),
        })
        .collect();
    let unused = if care == Care::Whole { index.unused() } else { Vec::new() };
    let unused = unused.into_iter().map(|(file, line, name)| (file.to_owned(), line, name)).collect();
    let used = reads
        .iter()
        .filter_map(|read| {
            let metadata = read.metadata.as_ref()?;
            let meaning = |(name, (meaning, _)): (&String, &(String, u32))| (name.clone(), meaning.clone());
            Some((rule_id(&read.outline.package.join("."))?, metadata.parameters.iter().map(meaning).collect()))
        })
        .collect();
    let files: Vec<File> = reads.into_iter().map(File::from).collect();
    let mut pack = Pack {
        rules,
        parameters,
        quarantined: BTreeMap::new(),
        lost: Vec::new(),
        data: Value::Object(merged),
        files,
        needs,
        origins: origins(texts),
        used,
    };
    if care == Care::Whole || !reading.faults.is_empty() {
        quarantine::apply(&mut pack, texts, &needed, &mut reading.faults);
    }
    let unused_parameters = unused_parameters(texts, &meanings);
    Examined { pack, general: reading.general, of_files: reading.faults, unused_parameters, unused }
}

impl Reading {
    fn defaults(&mut self, texts: &Texts) -> Map<String, Value> {
        let mut defaults = Map::new();
        for ParameterFile { file, text, .. } in &texts.parameters {
            match serde_json::from_str::<Map<String, Value>>(text) {
                Ok(own) => {
                    let faults = parameters::unite(&mut defaults, own).err().into_iter().flatten();
                    let help = "rules rely on the type that the parameter has already";
                    self.general.extend(faults.map(|problem| Fault::new(file, 0, problem, help)));
                }
                Err(error) => {
                    let line = u32::try_from(error.line()).unwrap_or(0);
                    let problem = format!("not an object of names and defaults: {error}");
                    self.general.push(Fault::new(file, line, problem, "write {\"name\": default}"));
                }
            }
        }
        defaults
    }

    fn file(&mut self, path: &str, text: &Text) -> Option<Read> {
        let file = &text.file;
        let role = Role::of(path);
        let text = match &text.content {
            Ok(text) => text,
            Err(error) => {
                self.faults.push(texts::unreadable(file, error));
                return None;
            }
        };
        if self.care == Care::Whole {
            let bounds = bounds::text(file, role, text);
            if !bounds.is_empty() {
                self.faults.extend(bounds);
                return None;
            }
        }
        let metadata = (role == Role::Rule).then(|| metadata::read(file, text));
        let metadata = metadata.and_then(|metadata| metadata.map_err(|faults| self.faults.extend(faults)).ok());
        let source = Source { file: file.clone(), text: text.to_owned() };
        let outline = match outline::outline(&source) {
            Ok(outline) => outline,
            Err(message) => {
                self.faults.push(not_rego(file, &message));
                return None;
            }
        };
        let expected = package_of(path);
        if outline.package.join(".") != expected {
            let problem = format!("the package is {}, the path says {expected}", outline.package.join("."));
            self.faults.push(Fault::new(file, outline.line, problem, format!("write `package {expected}`")));
        }
        if role == Role::Rule {
            self.faults.extend(check_deny(file, &outline));
        }
        if outline.package.join(".") != expected {
            // What it defines belongs to another file, which judges as if this one were not there.
            return None;
        }
        Some(Read { role, path: file.clone(), source, outline, metadata })
    }

    /// Two files that make the same id.
    fn doubles(&mut self, files: &BTreeMap<String, Text>, rules: &[Rule]) {
        for pair in rules.windows(2).filter(|pair| pair[0].id == pair[1].id) {
            let id = &pair[0].id;
            let of_id =
                |path: &&String| Role::of(path) == Role::Rule && rule_id(&package_of(path)).as_ref() == Some(id);
            let same: Vec<&String> = files.keys().filter(of_id).collect();
            for &path in same.iter().filter(|path| !files[**path].embedded) {
                let others: Vec<&str> =
                    same.iter().filter(|other| **other != path).map(|other| other.as_str()).collect();
                let problem = format!("two files make the rule id {id}; the other is {}", others.join(", "));
                let help = "dots and underscores are both dashes in an id; rename one";
                self.faults.push(Fault::new(&files[path].file, 0, problem, help));
            }
        }
    }

    fn index(&mut self, reads: &[Read], broken: &[(&str, &Text)], defaults: &Map<String, Value>) -> Index {
        let parameters: Vec<&str> = defaults.keys().map(String::as_str).collect();
        let mut index = Index::default();
        for (path, text) in broken {
            index.declare_broken(&package_of(path), &text.file);
        }
        for read in reads {
            index.declare(&read.path, &read.outline);
        }
        for read in reads {
            self.faults.extend(index.check(&read.path, read.role, &read.outline, &parameters));
        }
        if self.care == Care::Whole {
            self.faults.extend(index.recursion());
            self.faults.extend(index.growth(|file| file.ends_with("_test.rego")));
        }
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
        let (needs, files) = index.closure(&[&name]);
        let reads_at: BTreeSet<Pointer> = metadata.reads.iter().map(|(text, _)| declared_place(text)).collect();
        if self.care == Care::Whole {
            self.reads(read, metadata, &needs);
            self.parameters(read, metadata, &needs);
            self.topics(read, metadata, &files, reads, merged);
        }
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
            reads: reads_at.into_iter().collect(),
            reads_now: needs.now,
            remediation: metadata.remediation.clone(),
            related_resources: metadata.related_resources.clone(),
            digest,
        })
    }

    /// Checks the declared places against the schemas and against what the rule looks at.
    fn reads(&mut self, read: &Read, metadata: &Metadata, needs: &guard::Needs) {
        let schemas: Vec<&Value> = metadata.resource_types.iter().map(|&of| schema::of(of)).collect();
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
    }

    /// Topics that METADATA names and no denial can have: their controls would always pass.
    fn topics(
        &mut self,
        read: &Read,
        metadata: &Metadata,
        files: &BTreeSet<String>,
        reads: &[Read],
        merged: &Map<String, Value>,
    ) {
        let written = metadata.controls.values().flatten();
        let named: Vec<_> = written.map(|written| Rule::control_and_topic(written)).collect();
        if named.iter().all(|(_, topic)| topic.is_none()) {
            return;
        }
        let texts = reads.iter().filter(|one| files.contains(&one.path)).map(|one| code(&one.source.text));
        let code: String = texts.chain(std::iter::once(Value::Object(merged.clone()).to_string())).collect();
        for (id, topic) in named {
            let Some(topic) = topic else { continue };
            if !code.contains("\"topic\"") || !can_be(topic, &code) {
                let problem = format!("no denial can have the topic {topic}, so that {id} would always pass");
                let help = "write the topic as the rule's denials have it";
                self.faults.push(Fault::new(&read.path, read.outline.line, problem, help));
            }
        }
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
        let package = read.outline.package.join(".");
        let rule = if read.role == Role::Rule { rule_id(&package) } else { None };
        Self { role: read.role, package, rule, source: read.source, definitions }
    }
}

/// A text without its comments that stand in lines of their own.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect()
}

/// Whether a text holds a topic as it is, with dots for the dashes that `replace` makes of them, or
/// in parts for `sprintf("%s-90-days", ["key"])`.
fn can_be(topic: &str, text: &str) -> bool {
    let dotted = format!("\"{}\"", topic.replace('-', "."));
    let parts = topic.match_indices('-').map(|(at, _)| topic.split_at(at));
    let mut made = parts.map(|(first, rest)| [format!("\"{first}\""), format!("\"%s{rest}\"")]);
    text.contains(&format!("\"{topic}\""))
        || text.contains(&dotted)
        || made.any(|parts| parts.iter().all(|part| text.contains(part)))
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
pub(super) fn declared_place(text: &str) -> Pointer {
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

fn known_places(schemas: &[&Value]) -> String {
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

fn origins(texts: &Texts) -> BTreeMap<RuleId, Origin> {
    let rules = texts.files.iter().filter(|(path, _)| Role::of(path) == Role::Rule);
    // Of two files with the same id the built-in one judges.
    let (others, built_in): (Vec<_>, Vec<_>) = rules.partition(|(_, text)| !text.embedded);
    let origin = |(path, text): (&String, &Text)| {
        let origin =
            Origin { file: text.file.clone(), built_in: text.embedded, text: text.content.clone().unwrap_or_default() };
        Some((rule_id(&package_of(path))?, origin))
    };
    others.into_iter().chain(built_in).filter_map(origin).collect()
}

/// Parameters of a folder that none of its rules uses.
fn unused_parameters(texts: &Texts, meanings: &BTreeMap<String, String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for ParameterFile { file, text, .. } in texts.parameters.iter().filter(|file| file.with_its_rules) {
        let own: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let unused = own.keys().filter(|name| !meanings.contains_key(*name));
        faults.extend(unused.map(|name| Fault::new(file, 0, format!("no rule uses {name}"), "take it out")));
    }
    faults
}

/// The rules that use each parameter.
fn users(reads: &[Read]) -> BTreeMap<String, Vec<String>> {
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for read in reads {
        for name in read.metadata.iter().flat_map(|metadata| metadata.parameters.keys()) {
            users.entry(name.clone()).or_default().push(read.outline.package.join(".").replace(['.', '_'], "-"));
        }
    }
    users
}

/// `aws.s3.tls_only` of `aws/s3/tls_only.rego`.
pub(super) fn package_of(path: &str) -> String {
    path.trim_end_matches(".rego").replace('/', ".")
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

pub(super) fn not_rego(file: &str, message: &str) -> Fault {
    let line = message
        .split_once("-->")
        .and_then(|(_, place)| place.lines().next())
        .and_then(|place| place.rsplit(':').nth(1))
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or(0);
    Fault::new(file, line, format!("not Rego: {}", message.trim()), "rules are Rego v1")
}
