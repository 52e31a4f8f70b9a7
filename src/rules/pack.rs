//! A pack of rules: a directory of Rego files, read, checked and ready to be evaluated.
//!
//! Path, package and id are the same thing in three spellings. All faults of all files are
//! reported together; a pack with a fault is not used at all, so that no rule is silently missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use include_dir::{Dir, include_dir};
use serde_json::Value;

use super::fault::PackFaults;
use super::guard::Role;
use super::parameters::{Parameter, Parameters};
use super::reading::Reading;
use super::rego::Source;
use crate::model::{Rule, RuleId};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");
/// Names and defaults of parameters, where OPA finds them as `data.params` too.
pub(super) const PARAMETERS_FILE: &str = "params/data.json";

/// Rules that were read and checked.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The rules, sorted by id.
    pub rules: Vec<Rule>,
    /// What can be set, with the values in force; sorted by name.
    pub parameters: Vec<Parameter>,
    pub(super) data: Value,
    pub(super) files: Vec<File>,
}

/// One Rego file of a pack.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) role: Role,
    /// `aws.s3.tls_only`, `lib.ports`, `aws.s3.tls_only_test`.
    pub(super) package: String,
    pub(super) source: Source,
    /// Names of its definitions, in their order, with lines.
    pub(super) definitions: Vec<(String, u32)>,
}

impl Pack {
    /// The rules that travel in the binary.
    ///
    /// # Errors
    /// When a parameter is unknown or of the wrong type.
    pub fn embedded(parameters: &Parameters) -> Result<Self, PackFaults> {
        let mut texts = BTreeMap::new();
        embedded_texts(&EMBEDDED, &mut texts);
        Reading::default().pack("rules", &texts, parameters)
    }

    /// The rules of a directory.
    ///
    /// # Errors
    /// All faults of all files, and of the parameters.
    pub fn load(directory: &Path, parameters: &Parameters) -> Result<Self, PackFaults> {
        let mut texts = BTreeMap::new();
        let mut reading = Reading::default();
        reading.directory(directory, "", &mut texts);
        reading.pack(&directory.display().to_string(), &texts, parameters)
    }

    /// The rules that travel in the binary, and those of a directory: a file there takes the
    /// place of the embedded one of the same path, and its parameters are added.
    ///
    /// # Errors
    /// All faults of all files, and of the parameters.
    pub fn embedded_and(directory: &Path, parameters: &Parameters) -> Result<Self, PackFaults> {
        let mut texts = BTreeMap::new();
        embedded_texts(&EMBEDDED, &mut texts);
        let mut reading = Reading::default();
        let mut own = BTreeMap::new();
        reading.directory(directory, "", &mut own);
        if let (Some(ours), Some(theirs)) = (texts.get(PARAMETERS_FILE), own.get(PARAMETERS_FILE)) {
            let united = super::parameters::unite(ours, theirs);
            own.insert(PARAMETERS_FILE.to_owned(), united);
        }
        texts.extend(own);
        reading.pack(&directory.display().to_string(), &texts, parameters)
    }

    /// The rule of that id.
    #[must_use]
    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.binary_search_by(|rule| rule.id.cmp(id)).ok().map(|position| &self.rules[position])
    }

    /// BLAKE3 over the digests of all rules: it changes when any verdict may change.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for rule in &self.rules {
            hasher.update(rule.id.as_str().as_bytes()).update(b"\0").update(rule.digest.as_bytes()).update(b"\0");
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The Rego of a rule.
    #[must_use]
    pub fn text(&self, id: &RuleId) -> Option<&str> {
        self.file(id).map(|file| file.source.text.as_str())
    }

    /// The file of a rule.
    #[must_use]
    pub fn source_file(&self, id: &RuleId) -> Option<&str> {
        self.file(id).map(|file| file.source.file.as_str())
    }

    fn file(&self, id: &RuleId) -> Option<&File> {
        self.files.iter().find(|file| file.role == Role::Rule && rule_id(&file.package).as_ref() == Some(id))
    }

    /// The libraries and the given rules' files, for a backend.
    pub(super) fn sources(&self, rules: &[&Rule]) -> Vec<&Source> {
        let wanted: BTreeSet<&RuleId> = rules.iter().map(|rule| &rule.id).collect();
        let of_rule = |file: &File| rule_id(&file.package).is_some_and(|id| wanted.contains(&id));
        let needed = |file: &&File| match file.role {
            Role::Library => true,
            Role::Rule => of_rule(file),
            Role::Test => false,
        };
        self.files.iter().filter(needed).map(|file| &file.source).collect()
    }

    /// `data.aws.s3.tls_only.deny` of the rule `aws-s3-tls-only`.
    pub(super) fn deny_path(&self, rule: &Rule) -> String {
        let file = self.file(&rule.id);
        file.map(|file| format!("data.{}.deny", file.package)).unwrap_or_default()
    }
}

/// `aws-s3-tls-only` of the package `aws.s3.tls_only`.
pub(super) fn rule_id(package: &str) -> Option<RuleId> {
    RuleId::new(package.replace(['.', '_'], "-")).ok()
}

fn embedded_texts(directory: &Dir<'_>, texts: &mut BTreeMap<String, String>) {
    for file in directory.files() {
        let path = file.path().to_string_lossy().into_owned();
        if let Some(text) = file.contents_utf8()
            && is_wanted(&path)
        {
            texts.insert(path, text.to_owned());
        }
    }
    for directory in directory.dirs() {
        embedded_texts(directory, texts);
    }
}

/// Whether a file, by its path in the pack, is part of it.
pub(super) fn is_wanted(path: &str) -> bool {
    let extension = Path::new(path).extension();
    extension.is_some_and(|extension| extension == "rego") || path == PARAMETERS_FILE
}
