//! The texts a pack is made of: those in the binary, those of folders, and which of them count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::fault::Fault;
use super::guard::Role;
use super::pack::PARAMETERS_FILE;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// Texts by their path in the pack; what is added later takes the place of what was there.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) files: BTreeMap<String, Text>,
    /// Built-in rules in whose place others stand.
    pub(super) replaced: BTreeMap<String, String>,
    /// Parameter files in their order.
    pub(super) parameters: Vec<ParameterFile>,
    /// Folders that cannot be read.
    pub(super) faults: Vec<Fault>,
    /// What the pack as a whole is called in messages.
    pub(super) root: String,
}

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// Its name in messages.
    pub(super) file: String,
    /// Its text, or why that cannot be read.
    pub(super) text: Result<String, String>,
    /// Whether it comes with the program.
    pub(super) embedded: bool,
}

/// Names and defaults of parameters.
#[derive(Debug, Clone)]
pub(super) struct ParameterFile {
    /// Its name in messages.
    pub(super) file: String,
    pub(super) text: String,
    /// Whether all rules that use its parameters are there, too.
    pub(super) with_its_rules: bool,
}

/// Which of the built-in files are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Embedded {
    /// Rules, their tests and libraries.
    All,
    /// Rules and libraries.
    WithoutTests,
    /// What rules share.
    Libraries,
}

impl Texts {
    /// Built-in files and parameters.
    pub(super) fn embedded(which: Embedded) -> Self {
        let mut texts = Self { root: "rules".to_owned(), ..Self::default() };
        texts.add_embedded(&EMBEDDED, which);
        texts
    }

    fn add_embedded(&mut self, directory: &Dir<'_>, which: Embedded) {
        for file in directory.files() {
            let path = file.path().to_string_lossy().into_owned();
            let Some(text) = file.contents_utf8() else { continue };
            if path == PARAMETERS_FILE {
                self.parameters.push(ParameterFile {
                    file: format!("rules/{path}"),
                    text: text.to_owned(),
                    with_its_rules: which != Embedded::Libraries,
                });
            } else if is_rego(&path) && which.takes(Role::of(&path)) {
                let file = format!("rules/{path}");
                self.files.insert(path, Text { file, text: Ok(text.to_owned()), embedded: true });
            }
        }
        for directory in directory.dirs() {
            self.add_embedded(directory, which);
        }
    }

    /// Adds the files of a folder.
    pub(super) fn add_folder(&mut self, root: &Path) {
        self.root = root.display().to_string().trim_end_matches('/').to_owned();
        self.folder(root, "");
    }

    /// Names of the files that come with the program.
    pub(super) fn embedded_files(&self) -> BTreeSet<String> {
        self.files.values().filter(|text| text.embedded).map(|text| text.file.clone()).collect()
    }

    /// The files of a folder without the tests, which a scan does not need.
    pub(super) fn without_tests(mut self) -> Self {
        self.files.retain(|path, _| Role::of(path) != Role::Test);
        self
    }

    fn folder(&mut self, root: &Path, below: &str) {
        let directory = if below.is_empty() { root.to_owned() } else { root.join(below) };
        let entries = std::fs::read_dir(&directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let problem = format!("the directory cannot be read: {error}");
                self.faults.push(Fault::new(&directory.display().to_string(), 0, problem, "name a directory of rules"));
                return;
            }
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            // Hidden names are editors' files, and the second copies in a Kubernetes volume.
            if name.starts_with('.') {
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if entry.path().is_dir() {
                self.folder(root, &path);
            } else if is_rego(&path) || path == PARAMETERS_FILE {
                self.file(&entry.path(), path);
            }
        }
    }

    fn file(&mut self, file: &Path, path: String) {
        let name = format!("{}/{path}", self.root);
        let text = std::fs::read_to_string(file);
        if path == PARAMETERS_FILE {
            match text {
                Ok(text) => self.parameters.push(ParameterFile { file: name, text, with_its_rules: true }),
                Err(error) => self.faults.push(unreadable(&name, &error.to_string())),
            }
            return;
        }
        let text = Text { file: name, text: text.map_err(|error| error.to_string()), embedded: false };
        if let Some(Text { text: Ok(before), embedded: true, .. }) = self.files.insert(path.clone(), text) {
            self.replaced.insert(path, before);
        }
    }
}

impl Embedded {
    fn takes(self, role: Role) -> bool {
        match self {
            Self::All => true,
            Self::WithoutTests => role != Role::Test,
            Self::Libraries => role == Role::Library,
        }
    }
}

/// A file that is not UTF-8 text, or may not be read.
pub(super) fn unreadable(file: &str, error: &str) -> Fault {
    Fault::new(file, 0, format!("the file cannot be read: {error}"), "rules are UTF-8 text")
}

fn is_rego(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rego")
}
