//! Rules being worked on: a folder, a file or some ids, with everything that is wrong with them.
//!
//! A folder of one's own stands beside the built-in libraries and parameters, so that its rules and
//! tests find them; built-in rules are looked at only where they are asked for.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::fault::Fault;
use super::guard::Role;
use super::pack::Pack;
use super::parameters::{Parameters, near};
use super::reading::{Care, Examined, examine};
use super::testing::{self, Outcome, Report, Test};
use super::texts::{Embedded, Texts};
use super::{advice, advice::Advice};

/// The rules that somebody works on.
pub struct Workshop {
    examined: Examined,
    asked: Asked,
}

/// The files that are looked at.
enum Asked {
    /// All that do not come with the program, or all when everything does.
    All { own_only: bool, embedded: BTreeSet<String> },
    /// Those below a place.
    Below(String),
    /// These.
    Files(BTreeSet<String>),
}

/// What is asked for does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no folder, no file and no rule {asked:?}\nhelp: {help}")]
pub struct NothingThere {
    asked: String,
    help: String,
}

/// What is wrong with rules, and what could be better.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    /// What must be repaired, sorted by place.
    pub faults: Vec<Fault>,
    /// What would be better otherwise, sorted by place.
    pub advice: Vec<Advice>,
    /// How many rules were looked at.
    pub rules: usize,
}

impl Workshop {
    /// What a person asks for: a folder of rules, one of its files, or rule ids, in which `*` stands
    /// for anything; without it everything built in and all in the directories.
    ///
    /// # Errors
    /// When there is nothing of that name.
    pub fn open(asked: Option<&str>, directories: &[PathBuf]) -> Result<Self, NothingThere> {
        let Some(asked) = asked else { return Ok(Self::everything(directories)) };
        let path = Path::new(asked);
        if path.is_dir() {
            return Ok(Self::folder(path));
        }
        if path.is_file() {
            return Ok(Self::file(path));
        }
        let mut workshop = Self::everything(directories);
        let pack = &workshop.examined.pack;
        let matching = pack.rules.iter().filter(|rule| matches(asked, rule.id.as_str()));
        let lost = pack.lost.iter().filter(|lost| lost.rule.as_ref().is_some_and(|id| matches(asked, id.as_str())));
        let mut files: BTreeSet<String> = lost.map(|lost| lost.file.clone()).collect();
        for rule in matching {
            files.extend(pack.rule_file(&rule.id));
        }
        if files.is_empty() {
            let ids = pack.rules.iter().map(|rule| rule.id.as_str());
            let help = match near(asked, ids) {
                Some(near) => format!("did you mean {near}? see plimsoll rules list"),
                None => "name a folder of rules, a rule file, or ids as plimsoll rules list shows them".to_owned(),
            };
            return Err(NothingThere { asked: asked.to_owned(), help });
        }
        files.extend(files.clone().iter().map(|file| file.replace(".rego", "_test.rego")));
        workshop.asked = Asked::Files(files);
        Ok(workshop)
    }

    fn everything(directories: &[PathBuf]) -> Self {
        let mut texts = Texts::embedded(Embedded::All);
        for directory in directories {
            texts.add_folder(directory);
        }
        let embedded = texts.embedded_files();
        let examined = examine(&texts, &Parameters::default(), Care::Whole);
        Self { examined, asked: Asked::All { own_only: false, embedded } }
    }

    fn of_root(root: &Path) -> Self {
        let mut texts = Texts::embedded(Embedded::Libraries);
        texts.add_folder(root);
        let embedded = texts.embedded_files();
        let examined = examine(&texts, &Parameters::default(), Care::Whole);
        Self { examined, asked: Asked::All { own_only: true, embedded } }
    }

    fn folder(folder: &Path) -> Self {
        let root = root_of(folder).unwrap_or_else(|| folder.to_owned());
        let mut workshop = Self::of_root(&root);
        if root != folder {
            workshop.asked = Asked::Below(format!("{}/", folder.display().to_string().trim_end_matches('/')));
        }
        workshop
    }

    fn file(file: &Path) -> Self {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = package_root(file).unwrap_or_else(|| parent.to_owned());
        let mut workshop = Self::of_root(&root);
        let below = file.strip_prefix(&root).unwrap_or(file);
        let name = format!("{}/{}", root.display().to_string().trim_end_matches('/'), below.display());
        let rule = name.replace("_test.rego", ".rego");
        let test = rule.replace(".rego", "_test.rego");
        workshop.asked = Asked::Files(BTreeSet::from([rule, test]));
        workshop
    }

    fn is_asked(&self, file: &str) -> bool {
        match &self.asked {
            Asked::All { own_only, embedded } => !own_only || !embedded.contains(file),
            Asked::Below(place) => file.starts_with(place.as_str()),
            Asked::Files(files) => files.contains(file),
        }
    }

    /// The rules, those in quarantine too.
    #[must_use]
    pub const fn pack(&self) -> &Pack {
        &self.examined.pack
    }

    /// What is wrong with the rules asked for.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let general: BTreeSet<&Fault> = self.examined.general.iter().chain(&self.examined.unused_parameters).collect();
        let mut faults = self.examined.faults();
        faults.retain(|fault| general.contains(fault) || self.is_asked(&fault.file));
        faults
    }

    /// Runs the tests of the rules asked for. A fault is a test that fails.
    #[must_use]
    pub fn test(&self) -> Report {
        let mut report = testing::run_of(&self.examined.pack, &|file| self.is_asked(file));
        report.tests.extend(self.faults().into_iter().map(|fault| Test {
            file: fault.file,
            line: fault.line,
            name: "the file can be used".to_owned(),
            outcome: Outcome::Fail(format!("{}\n      help: {}", fault.problem, fault.help)),
        }));
        report.tests.sort_by(|a, b| (&a.file, a.line, &a.name).cmp(&(&b.file, b.line, &b.name)));
        report
    }

    /// Everything that is wrong with the rules asked for, and what could be better.
    #[must_use]
    pub fn lint(&self) -> Lint {
        let pack = &self.examined.pack;
        let mut faults = self.faults();
        let unusable: BTreeSet<String> = faults.iter().map(|fault| fault.file.clone()).collect();
        faults.extend(advice::tests_missing(pack).into_iter().filter(|fault| self.is_asked(&fault.file)));
        faults.sort();
        faults.dedup();
        let mut advice = advice::of(pack);
        for (file, line, name) in &self.examined.unused {
            advice.push(Advice::new(file, *line, format!("nothing uses {name}"), "take it out"));
        }
        advice.retain(|advice| self.is_asked(&advice.0.file));
        // A file that cannot be read has faults enough.
        advice.retain(|advice| !unusable.contains(&advice.0.file));
        advice.sort();
        let asked =
            pack.files.iter().filter(|file| file.role == Role::Rule && self.is_asked(&file.source.file)).count();
        let unusable = pack.quarantined.len() + pack.lost.len();
        let rules = if matches!(self.asked, Asked::All { .. }) { asked + unusable } else { asked };
        Lint { faults, advice, rules }
    }
}

/// Whether `*` in the pattern can stand for something so that it is the text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            (0..=left.len()).filter(|&at| left.is_char_boundary(at)).any(|at| matches(rest, &left[at..]))
        }),
    }
}

/// The folder in which a file's package begins: `rules` for `rules/aws/s3/x.rego` with the package
/// `aws.s3.x`.
fn package_root(file: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(file).ok()?;
    let package = text.lines().find_map(|line| line.strip_prefix("package "))?.split_whitespace().next()?;
    let mut root = file.with_extension("");
    for segment in package.split('.').rev() {
        if root.file_name().is_none_or(|name| name != segment) {
            return None;
        }
        root.pop();
    }
    let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
    Some(root)
}

/// The same for a folder, by the first of its files that tells.
fn root_of(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let hidden = |path: &Path| match path.components().next_back() {
        Some(Component::Normal(name)) => name.to_string_lossy().starts_with('.'),
        _ => false,
    };
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.into_iter().filter(|path| !hidden(path)).partition(|path| path.is_dir());
    let rego = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rego");
    files
        .iter()
        .filter(rego)
        .find_map(|file| package_root(file))
        .or_else(|| folders.iter().find_map(|folder| root_of(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("aws-s3-*", "aws-s3-tls-only"));
        assert!(matches("*only", "aws-s3-tls-only"));
        assert!(matches("aws-s3-tls-only", "aws-s3-tls-only"));
        assert!(!matches("aws-s3", "aws-s3-tls-only"));
    }
}
