//! What is wrong with a pack: every fault with its place and the next step, all reported together.

use std::fmt;

/// One thing that a rule author has to repair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, or `parameters` for values given in the configuration.
    pub file: String,
    /// Line, from 1; 0 when the fault is about the file as a whole.
    pub line: u32,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub help: String,
}

impl Fault {
    pub(super) fn new(file: &str, line: u32, problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, problem: problem.into(), help: help.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.problem)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\n  help: {}", self.help) }
    }
}

/// Why a pack cannot be used: all its faults, sorted by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFaults(pub Vec<Fault>);

impl fmt::Display for PackFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rules have {} fault{}", self.0.len(), if self.0.len() == 1 { "" } else { "s" })?;
        for fault in &self.0 {
            write!(f, "\n{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PackFaults {}
