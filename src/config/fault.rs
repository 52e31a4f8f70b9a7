//! What is wrong with a configuration, all of it, each with its place.

use std::fmt;
use std::path::{Path, PathBuf};

use super::yaml::Mark;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Line and column, from 1; absent when the file could not be read at all.
    pub place: Option<(usize, usize)>,
    /// The key, `accounts[1].role_arn`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// The next step, where there is one to name.
    pub help: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a configuration, in the order of the files and their lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFaults {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl ConfigFaults {
    /// Faults by file, in the order the files came up, and within a file by place.
    pub(super) fn new(mut faults: Vec<Fault>) -> Self {
        let mut files: Vec<PathBuf> = Vec::new();
        for fault in &faults {
            if !files.contains(&fault.file) {
                files.push(fault.file.clone());
            }
        }
        faults.sort_by_key(|fault| (files.iter().position(|file| *file == fault.file), fault.place));
        Self { faults }
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        write!(f, "the configuration has {count} fault{}", if count == 1 { "" } else { "s" })?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n{fault}"))
    }
}

impl std::error::Error for ConfigFaults {}

/// Where a reader stands: the file, the key it is at, and what it found wrong so far.
pub(super) struct Reader {
    file: PathBuf,
    keys: Vec<String>,
    pub(super) faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), keys: Vec::new(), faults: Vec::new() }
    }

    /// Goes one key down for the duration of `read`. An index is written `[3]`.
    pub(super) fn at<T>(&mut self, key: impl Into<String>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.keys.push(key.into());
        let value = read(self);
        self.keys.pop();
        value
    }

    /// Notes a fault at the current key.
    pub(super) fn fault(&mut self, mark: Option<Mark>, problem: impl Into<String>, help: Option<String>) {
        self.faults.push(Fault {
            file: self.file.clone(),
            place: mark.map(|mark| (mark.line, mark.column)),
            key: self.key(),
            problem: problem.into(),
            help,
        });
    }

    fn key(&self) -> String {
        self.keys.iter().fold(String::new(), |path, key| match key.strip_prefix('[') {
            None if !path.is_empty() => path + "." + key,
            _ => path + key,
        })
    }
}

/// The known word nearest to a mistyped one, when it is near enough to be meant: half of a short
/// word may differ (two swapped letters count as two), a third of a long one.
pub(super) fn did_you_mean<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters = word.chars().count();
    let limit = if letters < 6 { letters / 2 } else { letters / 3 };
    let word = word.to_lowercase().replace('-', "_");
    known
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements that turn one word into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_named_and_a_far_one_is_not() {
        let known = ["interval", "jitter"];
        assert_eq!(did_you_mean("intervall", &known), Some("interval"));
        assert_eq!(did_you_mean("Jiter", &known), Some("jitter"));
        assert_eq!(did_you_mean("cron", &known), None);
    }
}
