//! Where the resources of a plan stand in the configuration: file and line of their blocks.
//!
//! A plan names no files. [`Plan::declared`] looks for `resource "TYPE" "NAME"` in the files of the
//! root module's folder, and of the modules that are called by a local path. What is in a module
//! from elsewhere stands where that module is called. Only names and line numbers are taken from
//! the files, never what the blocks hold.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::model::SourcePlace;

use super::format::ConfigurationModule;
use super::{Plan, address};

/// Longer files are not looked through: nobody writes one.
const MOST_BYTES: u64 = 16 << 20;

impl Plan {
    /// File and line of the blocks that declare these addresses, for those that are found below
    /// `folder`, the root module's. Files further down that cannot be read are logged.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub fn source_places<'a>(
        &self,
        folder: &Path,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<BTreeMap<String, SourcePlace>> {
        let root = join(Path::new(""), folder);
        let mut search = Search {
            configuration: self
                .file
                .configuration
                .as_ref()
                .and_then(|configuration| configuration.root_module.as_ref()),
            folders: BTreeMap::from([(root.clone(), Blocks::below(&root)?)]),
            root,
        };
        let place = |address: &str| search.place(address).map(|declared| (address.to_owned(), declared));
        Ok(addresses.into_iter().filter_map(place).collect())
    }
}

/// The folders that have been looked through.
struct Search<'p> {
    configuration: Option<&'p ConfigurationModule>,
    root: PathBuf,
    folders: BTreeMap<PathBuf, Blocks>,
}

impl Search<'_> {
    /// The resource's block, or that of the nearest module call around it.
    fn place(&mut self, address: &str) -> Option<SourcePlace> {
        let steps = address::steps(address)?;
        let calls = address::module_of(&steps);
        let (mut folder, mut module) = (self.root.clone(), self.configuration);
        let mut nearest = None;
        for call in &calls {
            nearest = self.blocks(&folder).modules.get(&call.name).cloned().or(nearest);
            let called = module.and_then(|module| module.module_calls.as_ref()?.get(&call.name));
            let local = called.and_then(|called| called.source.as_deref()).filter(|source| is_local(source));
            let Some(local) = local else { return nearest };
            folder = join(&folder, Path::new(local));
            module = called.and_then(|called| called.module.as_ref());
        }
        let [kind, name, ..] = &steps[calls.len() * 2..] else { return nearest };
        let key = (kind.name.clone(), name.name.clone());
        self.blocks(&folder).resources.get(&key).cloned().or(nearest)
    }

    fn blocks(&mut self, folder: &Path) -> &Blocks {
        self.folders.entry(folder.to_owned()).or_insert_with(|| {
            Blocks::below(folder).unwrap_or_else(|error| {
                tracing::warn!(folder = %folder.display(), %error, "cannot look for resource blocks");
                Blocks::default()
            })
        })
    }
}

/// The blocks of one module.
#[derive(Debug, Default)]
struct Blocks {
    /// By type and name.
    resources: BTreeMap<(String, String), SourcePlace>,
    /// Module calls by name.
    modules: BTreeMap<String, SourcePlace>,
}

impl Blocks {
    fn below(folder: &Path) -> io::Result<Self> {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(here)? {
            names.extend(entry?.file_name().into_string().ok().filter(|name| is_configuration(name)));
        }
        // An override changes a block that stands elsewhere.
        names.sort_by_key(|name| (is_override(name), name.clone()));
        let mut blocks = Self::default();
        for name in names {
            let path = folder.join(&name);
            match text_of(&here.join(&name)) {
                Ok(text) => blocks.add(&written(&path), &text),
                Err(error) => tracing::warn!(file = %path.display(), %error, "cannot look for resource blocks"),
            }
        }
        Ok(blocks)
    }

    fn add(&mut self, file: &str, text: &str) {
        for (line, words) in headers(text) {
            let declared = || SourcePlace { file: file.to_owned(), line };
            match words.as_slice() {
                [word, kind, name] if word == "resource" => {
                    self.resources.entry((kind.clone(), name.clone())).or_insert_with(declared);
                }
                [word, name] if word == "module" => {
                    self.modules.entry(name.clone()).or_insert_with(declared);
                }
                _ => {}
            }
        }
    }
}

/// What Terraform and OpenTofu read: not hidden files, nor those that editors leave.
fn is_configuration(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("tf" | "tofu")) && !name.starts_with(['.', '#'])
}

fn is_override(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem == "override" || stem.ends_with("_override")
}

fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// A path below a folder, without `.` and, where that is possible, without `..`.
fn join(folder: &Path, more: &Path) -> PathBuf {
    let mut path = folder.to_owned();
    for part in more.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

fn written(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

fn text_of(path: &Path) -> io::Result<String> {
    // A pipe with the name of a file would be waited for.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other("it is longer than 16 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Bytes up to the end of the line that begins a heredoc.
const LONGEST_WORD: usize = 256;

/// What a reader of HCL is inside of.
enum Inside<'t> {
    /// Braces of a block, an object or a template.
    Braces,
    /// A quoted text that began here.
    Quoted(usize),
    /// A text until the line with this word.
    Heredoc(&'t str),
}

/// The headers of the outermost blocks, with the lines they begin on: `(1, ["resource", "aws_s3_bucket", "b"])`.
///
/// Reads as much of HCL as it takes to know what is outermost: comments, texts, templates in texts.
fn headers(text: &str) -> Vec<(u32, Vec<String>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, line: 1, inside: Vec::new(), words: Vec::new(), found: Vec::new() };
    while reader.at < text.len() {
        match reader.inside.last() {
            Some(Inside::Quoted(start)) => reader.quoted(*start),
            Some(Inside::Heredoc(word)) => reader.heredoc(word),
            Some(Inside::Braces) | None => reader.code(),
        }
    }
    reader.found
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    inside: Vec<Inside<'t>>,
    /// Of the line so far, outside of all blocks.
    words: Vec<String>,
    found: Vec<(u32, Vec<String>)>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Goes on by so many bytes, and counts the lines among them.
    fn skip(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        let passed = self.text.as_bytes()[self.at..end].iter();
        self.line = passed.fold(self.line, |line, byte| line.saturating_add(u32::from(*byte == b'\n')));
        self.at = end;
    }

    fn until(&self, end: &[u8]) -> usize {
        let found = self.rest().windows(end.len()).position(|window| window == end);
        found.unwrap_or(self.rest().len())
    }

    fn code(&mut self) {
        let rest = self.rest();
        match rest {
            [b'#', ..] | [b'/', b'/', ..] => self.skip(self.until(b"\n")),
            [b'/', b'*', ..] => self.skip(self.until(b"*/") + 2),
            [b'"', ..] => {
                self.skip(1);
                self.inside.push(Inside::Quoted(self.at));
            }
            [b'<', b'<', ..] => self.begin_heredoc(),
            [b'{', ..] => {
                if self.inside.is_empty() && !self.words.is_empty() {
                    self.found.push((self.line, std::mem::take(&mut self.words)));
                }
                self.inside.push(Inside::Braces);
                self.skip(1);
            }
            [b'}', ..] => {
                self.inside.pop();
                self.skip(1);
            }
            [b'\n', ..] => {
                if self.inside.is_empty() {
                    self.words.clear();
                }
                self.skip(1);
            }
            [byte, ..] if is_name(*byte) => {
                let length = rest.iter().take_while(|byte| is_name(**byte)).count();
                self.word(self.at, self.at + length);
                self.skip(length);
            }
            _ => self.skip(1),
        }
    }

    fn word(&mut self, start: usize, end: usize) {
        if self.inside.is_empty() {
            self.words.extend(self.text.get(start..end).map(str::to_owned));
        }
    }

    fn begin_heredoc(&mut self) {
        // A word is short: a line of many `<<` is not to be looked through from each of them.
        let near = &self.rest()[..self.rest().len().min(LONGEST_WORD)];
        let line = near.iter().position(|byte| *byte == b'\n').and_then(|end| self.text.get(self.at..self.at + end));
        let word = line.map(|line| line.trim_start_matches('<').trim_start_matches('-').trim());
        match (line, word) {
            (Some(line), Some(word)) if !word.is_empty() && word.bytes().all(is_name) => {
                self.inside.push(Inside::Heredoc(word));
                self.skip(line.len() + 1);
            }
            _ => self.skip(2),
        }
    }

    fn quoted(&mut self, start: usize) {
        match self.rest() {
            [b'\\', ..] => self.skip(2),
            // A text ends on its line, or the file is broken: then what follows is read as code.
            [end @ (b'"' | b'\n'), ..] => {
                self.inside.pop();
                self.word(start, self.at);
                self.skip(usize::from(*end == b'"'));
            }
            rest => self.template(rest),
        }
    }

    fn heredoc(&mut self, word: &str) {
        let starts_line = self.at.checked_sub(1).is_some_and(|before| self.text.as_bytes()[before] == b'\n');
        let line = starts_line.then(|| self.text.get(self.at..self.at + self.until(b"\n"))).flatten();
        match line.filter(|line| line.trim() == word) {
            Some(line) => {
                self.inside.pop();
                self.skip(line.len());
            }
            None => self.template(self.rest()),
        }
    }

    /// One step inside of a text, which may lead into a template.
    fn template(&mut self, rest: &[u8]) {
        match rest {
            [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => self.skip(3),
            [b'$' | b'%', b'{', ..] => {
                self.inside.push(Inside::Braces);
                self.skip(2);
            }
            _ => self.skip(1),
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u32, String)> {
        headers(text).into_iter().map(|(line, words)| (line, words.join(" "))).collect()
    }

    #[test]
    fn headers_of_the_outermost_blocks_are_found() {
        let text = r#"
/* resource "aws_s3_bucket" "no" {
*/ terraform {}
# resource "aws_s3_bucket" "no" {
resource "aws_s3_bucket" "yes" {
  bucket = "${var.name}-${lookup({ a = "}" }, "a")} \" { $${"
  tags   = { text = <<-EOT
    EOT is not alone on its line: }
    resource "aws_s3_bucket" "no" {
    ${jsonencode({ a = "x" })}
    EOT
  }
  dynamic "resource" { // }
  }
}
resource aws_iam_role bare { name = "r" }
module "store" {
  source = "./store"
}
"#;
        let expected = [
            (3, "terraform"),
            (5, "resource aws_s3_bucket yes"),
            (16, "resource aws_iam_role bare"),
            (17, "module store"),
        ];
        assert_eq!(lines(text), expected.map(|(line, words)| (line, words.to_owned())));
    }

    #[test]
    fn broken_and_hostile_files_end() {
        assert_eq!(lines("resource \"a\" \"b {\nresource \"c\" \"d\" {}"), [(2, "resource c d".to_owned())]);
        assert_eq!(lines("}}} resource \"ä\" \"b\" {"), [(1, "resource ä b".to_owned())]);
        for text in
            ["\"${".repeat(100_000), "{".repeat(100_000), "<<A\n".repeat(100_000), "/*".to_owned(), "\\".to_owned()]
        {
            assert!(headers(&text).is_empty());
        }
    }

    #[test]
    fn paths_are_joined_without_detours() {
        let join = |folder: &str, more: &str| written(&super::join(Path::new(folder), Path::new(more)));
        assert_eq!(join("envs/prod", "../../modules/net"), "modules/net");
        assert_eq!(join("", "./store"), "store");
        assert_eq!(join("", "../shared"), "../shared");
        assert_eq!(join("/src/envs", "../net/."), "/src/net");
    }
}
