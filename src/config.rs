//! The configuration file, as written -> as meant.
//!
//! Every key is optional and has one default, declared with the key in [`Config`] and its
//! sections; the same declaration gives the reader and the JSON Schema, so they know the same
//! keys. [`Config::load`] reports all faults together, in this file and in the waiver files it
//! names, each with file, line, column and key. Nothing in the file is a secret: credentials
//! come from the AWS credential chain only.

mod budget_policy;
mod failover;
mod fault;
mod notify;
mod publish;
mod read;
mod section;
mod selection;
mod slo;
mod value;
mod yaml;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub use budget_policy::{
    BreakGlassEntry, BudgetPolicy, BurnRate, BurnRateEntry, ExceptionEntry, Remaining, StageEntry,
};
pub use failover::{Degraded, FailoverEntry, GoalEntry, HopEntry, ServiceAccountEntry, SubjectArn, Values};
pub use fault::{ConfigFaults, Fault};
pub use notify::{Argv, NotifyEntry, WebhookEntry};
pub use publish::{Publish, PushgatewayEntry};
pub use section::{
    AccountEntry, Collect, Config, Metrics, RuleSelection, Schedule, Server, Thresholds, WaiverEntry, WaiverFile,
    WaiverPolicy,
};
pub use selection::Standing;
pub use slo::{IndicatorEntry, IndicatorType, SloEntry, TiersEntry, WindowEntry};
pub use value::{AccountDetail, CloudTrail, Depth, FailOn, Interval, Organization, RoleArn, Share, StsEndpoint};

pub use crate::model::Pattern;

use fault::Reader;
use read::Read;
use yaml::{Content, Node};

/// The configuration file that is read when none is named.
pub const FILE_NAME: &str = "plimsoll.yaml";

/// The version of the waiver file that this program reads.
pub const WAIVER_FORMAT: u32 = 1;

impl Config {
    /// Reads a file and the waiver files it names. Relative paths in it are relative to its
    /// directory.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn load(path: &Path) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new(path);
        let mut config = read_file::<Self>(path, &mut reader);
        let base = path.parent().unwrap_or(Path::new(""));
        if let Some((config, node)) = &mut config {
            config.resolve_paths(base);
            for (index, file) in config.waiver_files.clone().iter().enumerate() {
                let waivers =
                    reader.at(format!("waiver_files[{index}]"), |reader| load_waivers(file, node, index, reader));
                config.waivers.extend(waivers);
            }
        }
        match config {
            Some((config, _)) if reader.faults.is_empty() => Ok(config),
            _ => Err(ConfigFaults::new(reader.faults)),
        }
    }

    /// The configuration of a command: the named file, else `plimsoll.yaml` in `directory` if it
    /// is there, else the defaults.
    ///
    /// # Errors
    /// Everything that is wrong with the file; also that a named file is not there.
    pub fn find(named: Option<&Path>, directory: &Path) -> Result<Self, ConfigFaults> {
        let usual = directory.join(FILE_NAME);
        match named {
            Some(path) => Self::load(path),
            None if usual.exists() => Self::load(&usual),
            None => Ok(Self::default()),
        }
    }

    /// Reads a configuration from text; `path` is named in faults. Waiver files are not read and
    /// paths stay as written.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::new(path);
        match read_text::<Self>(text, &mut reader) {
            Some((config, _)) if reader.faults.is_empty() => Ok(config),
            _ => Err(ConfigFaults::new(reader.faults)),
        }
    }

    /// The configuration with every default filled in, as JSON. Waivers from files stand among
    /// the others.
    ///
    /// # Panics
    /// Never: every value has a JSON form.
    #[must_use]
    #[expect(clippy::expect_used, reason = "every value of a configuration has a JSON form with string keys")]
    pub fn to_json(&self) -> Value {
        let effective = Self { waiver_files: Vec::new(), ..self.clone() };
        serde_json::to_value(effective).expect("a configuration has a JSON form")
    }

    /// The same as YAML. Reading it gives the same configuration.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        yaml::write(&self.to_json())
    }

    /// The JSON Schema of the file.
    #[must_use]
    pub fn schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }

    /// The regions to scan in an account; empty for the default region of its credentials.
    #[must_use]
    pub fn regions_of<'a>(&'a self, account: &'a AccountEntry) -> &'a [crate::model::Region] {
        account.regions.as_deref().unwrap_or(&self.regions)
    }

    fn resolve_paths(&mut self, base: &Path) {
        let resolve = |path: &mut PathBuf| *path = base.join(&*path);
        self.ledger = self.ledger.clone().within(base);
        self.rules.directory.iter_mut().for_each(resolve);
        self.rules.directories.iter_mut().for_each(resolve);
        self.waiver_files.iter_mut().for_each(resolve);
        self.publish.resolve_paths(resolve);
        self.budget_policy.resolve_paths(resolve);
    }
}

impl WaiverFile {
    /// The JSON Schema of a waiver file.
    #[must_use]
    pub fn schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

/// Reads a waiver file named in the configuration. A file that is not there is a fault of the
/// configuration; a fault in the file is a fault of that file.
fn load_waivers(file: &Path, config: &Node, index: usize, reader: &mut Reader) -> Vec<WaiverEntry> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            reader.fault(Some(item_mark(config, index)), format!("cannot read {}: {error}", file.display()), None);
            return Vec::new();
        }
    };
    let mut inner = Reader::new(file);
    let waivers = match read_text::<WaiverFile>(&text, &mut inner) {
        Some((waivers, node)) if waivers.format != WAIVER_FORMAT => {
            let problem = format!("format {} is not known; this version reads format {WAIVER_FORMAT}", waivers.format);
            inner.at("format", |inner| inner.fault(Some(node.mark_of("format")), problem, None));
            Vec::new()
        }
        Some((waivers, node)) => {
            section::sense_waivers(&waivers.waivers, &node, &mut inner);
            waivers.waivers
        }
        None => Vec::new(),
    };
    reader.faults.append(&mut inner.faults);
    waivers
}

fn item_mark(config: &Node, index: usize) -> yaml::Mark {
    match &config.content {
        Content::Mapping(entries) => entries
            .iter()
            .find_map(|(key, value)| match (&key.content, &value.content) {
                (Content::Scalar { text, .. }, Content::Sequence(items)) if text == "waiver_files" => items.get(index),
                _ => None,
            })
            .map_or(config.mark, |item| item.mark),
        Content::Scalar { .. } | Content::Sequence(_) => config.mark,
    }
}

fn read_file<T: Read>(path: &Path, reader: &mut Reader) -> Option<(T, Node)> {
    match std::fs::read_to_string(path) {
        Ok(text) => read_text(&text, reader),
        Err(error) => {
            let help = (error.kind() == std::io::ErrorKind::NotFound)
                .then(|| "name the file with --config, or leave it out to use the defaults".to_owned());
            reader.fault(None, format!("cannot be read: {error}"), help);
            None
        }
    }
}

/// Reads a document; an empty one is a mapping without keys.
fn read_text<T: Read>(text: &str, reader: &mut Reader) -> Option<(T, Node)> {
    let node = match yaml::read(text) {
        Ok(Some(node)) => node,
        Ok(None) => Node { mark: yaml::Mark { line: 1, column: 1 }, content: Content::Mapping(Vec::new()) },
        Err(malformed) => {
            reader.fault(Some(malformed.mark), format!("not valid YAML: {}", malformed.problem), None);
            return None;
        }
    };
    T::read(&node, reader).map(|value| (value, node))
}
