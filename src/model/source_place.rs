//! Where a resource is written down.

/// The block of configuration that declares a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePlace {
    /// The file, with forward slashes, relative to where the program runs when it is below it.
    pub file: String,
    /// The line on which the block begins, from 1.
    pub line: u32,
}

impl std::fmt::Display for SourcePlace {
    /// `network/main.tf:12`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
