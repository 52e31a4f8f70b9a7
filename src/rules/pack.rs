//! A pack of rules: a directory of Rego files, read, checked and ready to be evaluated.
//!
//! Path, package and id are the same thing in three spellings. All faults of all files are
//! reported together. For a scan, a rule that cannot be used is not refused but put into
//! quarantine, so that no rule is silently missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fault::PackFaults;
use super::guard::Role;
use super::parameters::{Parameter, Parameters};
use super::reading::{Care, examine};
use super::rego::Source;
use super::texts::{Embedded, Texts};
use crate::model::{Rule, RuleId};

/// Names and defaults of parameters, where OPA finds them as `data.params` too.
pub(super) const PARAMETERS_FILE: &str = "params/data.json";

/// Rules that were read and checked.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The rules, sorted by id.
    pub rules: Vec<Rule>,
    /// What can be set, with the values in force; sorted by name.
    pub parameters: Vec<Parameter>,
    /// Those of the rules that cannot be used, with the cause: all they judge is `unknown`.
    pub quarantined: BTreeMap<RuleId, String>,
    /// Files that are rules, but of which not even the METADATA can be used.
    pub lost: Vec<Lost>,
    pub(super) data: Value,
    pub(super) files: Vec<File>,
    /// The files that each rule needs, its own included.
    pub(super) needs: BTreeMap<RuleId, BTreeSet<String>>,
    /// By rule, also those in quarantine.
    pub(super) origins: BTreeMap<RuleId, Origin>,
    /// The parameters that each rule uses, and what they mean to it.
    pub(super) used: BTreeMap<RuleId, BTreeMap<String, String>>,
}

/// A rule that a scan is without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// Its file.
    pub file: String,
    /// The id that its path makes.
    pub rule: Option<RuleId>,
    /// What is wrong, with file and line.
    pub cause: String,
}

/// Where a rule comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) file: String,
    pub(super) built_in: bool,
    pub(super) text: String,
}

/// One Rego file of a pack.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) role: Role,
    /// `aws.s3.tls_only`, `lib.ports`, `aws.s3.tls_only_test`.
    pub(super) package: String,
    /// The rule it is.
    pub(super) rule: Option<RuleId>,
    pub(super) source: Source,
    /// Names of its definitions, in their order, with lines.
    pub(super) definitions: Vec<(String, u32)>,
}

impl Pack {
    /// The rules that travel in the binary, with their tests.
    ///
    /// # Errors
    /// When a parameter is unknown or of the wrong type.
    pub fn embedded(parameters: &Parameters) -> Result<Self, PackFaults> {
        examine(&Texts::embedded(Embedded::All), parameters, Care::Whole).strictly()
    }

    /// The rules of a directory, with their tests, and nothing else.
    ///
    /// # Errors
    /// All faults of all files, and of the parameters.
    pub fn load(directory: &Path, parameters: &Parameters) -> Result<Self, PackFaults> {
        let mut texts = Texts::default();
        texts.add_folder(directory);
        examine(&texts, parameters, Care::Whole).strictly()
    }

    /// The rules of a scan: those that travel in the binary, if they are wanted, and those of the
    /// directories. A file there takes the place of an earlier one of the same path, and its
    /// parameters are added. Rules of the directories that have faults are quarantined or lost.
    ///
    /// # Errors
    /// All faults of the built-in rules, of the parameters, and of directories that cannot be
    /// read.
    pub fn of_scan(embedded: bool, directories: &[PathBuf], parameters: &Parameters) -> Result<Self, PackFaults> {
        let which = if embedded { Embedded::WithoutTests } else { Embedded::Libraries };
        let mut texts = Texts::embedded(which);
        for directory in directories {
            texts.add_folder(directory);
        }
        let care = if directories.is_empty() { Care::Examined } else { Care::Whole };
        let examined = examine(&texts.without_tests(), parameters, care);
        if directories.is_empty() { examined.strictly() } else { examined.tolerantly() }
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

    /// The parameters a rule uses, with what they mean to it.
    pub fn parameters_of(&self, id: &RuleId) -> impl Iterator<Item = Parameter> {
        let used = self.used.get(id);
        self.parameters.iter().filter_map(move |parameter| {
            let meaning = used?.get(&parameter.name)?.clone();
            Some(Parameter { meaning, ..parameter.clone() })
        })
    }

    /// The Rego of a rule.
    #[must_use]
    pub fn text(&self, id: &RuleId) -> Option<&str> {
        self.origins.get(id).map(|origin| origin.text.as_str())
    }

    /// The file of a rule.
    #[must_use]
    pub fn source_file(&self, id: &RuleId) -> Option<&str> {
        self.origins.get(id).map(|origin| origin.file.as_str())
    }

    /// Whether a rule comes with the program.
    #[must_use]
    pub fn is_built_in(&self, id: &RuleId) -> bool {
        self.origins.get(id).is_some_and(|origin| origin.built_in)
    }

    pub(super) fn rule_file(&self, id: &RuleId) -> Option<String> {
        self.source_file(id).map(str::to_owned)
    }

    pub(super) fn file(&self, id: &RuleId) -> Option<&File> {
        self.files.iter().find(|file| file.rule.as_ref() == Some(id))
    }

    /// The files of the given rules and the libraries they need, for a backend.
    pub(super) fn sources(&self, rules: &[&Rule]) -> Vec<&Source> {
        let needed: BTreeSet<&String> = rules.iter().filter_map(|rule| self.needs.get(&rule.id)).flatten().collect();
        self.files.iter().map(|file| &file.source).filter(|source| needed.contains(&source.file)).collect()
    }

    pub(super) fn needs_file(&self, rule: &Rule, file: &str) -> bool {
        self.needs.get(&rule.id).is_some_and(|needs| needs.contains(file))
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
