//! The dependency rules between the rooms of `src/`, and the rules about its files.
//!
//! Read from the source text: what a room names with `crate::` and which external crates it names
//! at all. Tests inside a file may use more than the file itself; they end the reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a room may know of the others. A room that is not here may know all.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("policy", &["model"]),
    ("network", &["model"]),
    ("source", &["model", "policy", "network"]),
    ("access", &["model", "policy", "network"]),
    ("controls", &["model"]),
    ("failover", &["model", "policy", "access"]),
    ("facts", &["model", "policy", "network", "failover"]),
    ("rules", &["model"]),
    ("drift", &["model", "policy", "network"]),
    ("findings", &["model"]),
    ("sli", &["model"]),
    ("explain", &["model", "sli"]),
    ("slo", &["model", "sli"]),
    ("gate", &["model", "sli", "slo"]),
    ("ledger", &["model", "findings", "sli", "slo", "explain"]),
    ("metrics", &["model", "sli", "slo", "findings"]),
    (
        "report",
        &["model", "sli", "slo", "explain", "findings", "drift", "gate", "rules", "access", "policy", "controls"],
    ),
    ("budgets", &["ledger", "slo"]),
    ("config", &["model", "slo", "metrics"]),
    ("publish", &[]),
    ("export", &["slo", "model", "metrics"]),
    ("exit", &[]),
    ("logging", &[]),
    ("progress", &[]),
];

/// Which files may name an external crate (or a family of them).
const CRATES: &[(&str, &[&str])] = &[
    ("aws_", &["source/aws"]),
    ("regorus", &["rules/rego"]),
    ("sqlx", &["ledger"]),
    ("axum", &["server", "simulator"]),
    ("maud", &["server"]),
    ("clap", &["cli", "command", "main"]),
    ("clap_complete", &["cli", "command", "main"]),
    ("anyhow", &["command", "main"]),
    ("prometheus", &["metrics"]),
    ("quick_xml", &["report/junit", "simulator"]),
    ("saphyr_parser", &["config"]),
    ("saphyr", &["rules"]),
    ("indicatif", &["progress"]),
    ("tracing_subscriber", &["logging"]),
    ("include_dir", &["rules"]),
    ("ipnet", &["model", "network", "policy", "facts", "simulator", "source"]),
    ("terminal_size", &["report"]),
    ("ureq", &["publish"]),
    ("rustls", &["publish"]),
];

/// Rooms that are pure and synchronous: same input, same output.
const PURE: &[&str] = &[
    "model",
    "policy",
    "network",
    "access",
    "controls",
    "failover",
    "facts",
    "drift",
    "findings",
    "sli",
    "explain",
    "slo",
    "export",
    "gate",
    "rules/waiver",
];

/// What a pure room does not name.
const IMPURE: &[&str] = &[
    "std::time::SystemTime",
    "std::time::Instant",
    "Timestamp::now",
    "Zoned::now",
    "std::env",
    "std::fs",
    "std::net::Tcp",
    "std::process",
    "std::thread",
    "tokio",
    "fastrand",
    "async fn",
    ".await",
    "tracing",
];

const MOST_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory with this ending, as paths relative to it, sorted.
fn files(directory: &str, ending: &str) -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let base = root().join(directory);
    let mut found = Vec::new();
    if base.is_dir() {
        walk(&base, &mut found);
    }
    let mut found: Vec<PathBuf> = found
        .into_iter()
        .map(|path| path.strip_prefix(&base).unwrap().to_owned())
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect();
    found.sort();
    found
}

/// A source file without its tests and comments.
struct Source {
    /// `report/table`.
    module: String,
    lines: Vec<(usize, String)>,
    length: usize,
}

fn sources() -> Vec<Source> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(root().join("src").join(&path)).unwrap();
        Source {
            module: path.with_extension("").to_str().unwrap().to_owned(),
            length: text.lines().count(),
            lines: code(&text),
        }
    };
    files("src", ".rs").into_iter().map(read).filter(|source| !source.is_test()).collect()
}

fn code(text: &str) -> Vec<(usize, String)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or("").to_owned()))
        .collect()
}

impl Source {
    fn room(&self) -> &str {
        self.module.split('/').next().unwrap()
    }

    fn is_test(&self) -> bool {
        self.module.ends_with("/tests") || self.module.ends_with("_tests")
    }

    /// Whether this is one of the named modules, or stands below one.
    fn within(&self, modules: &[&str]) -> bool {
        modules
            .iter()
            .any(|module| self.module.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

/// The rooms a file names: `crate::model::…`, `use crate::{model, sli::Assessment}`, also over
/// several lines.
fn named_rooms(source: &Source) -> BTreeSet<(usize, String)> {
    let mut named = BTreeSet::new();
    let mut in_group = false;
    for (line, text) in &source.lines {
        let mut lists: Vec<&str> = Vec::new();
        if in_group {
            lists.push(text);
            in_group = !text.contains("};");
        }
        for rest in text.split("crate::").skip(1) {
            match rest.strip_prefix('{') {
                Some(group) => {
                    lists.push(group);
                    in_group = !group.contains("};");
                }
                None => lists.push(rest.split([',', ';']).next().unwrap_or(rest)),
            }
        }
        let words = lists.into_iter().flat_map(|list| list.split(',')).map(first_word);
        named.extend(words.filter(|word| !word.is_empty()).map(|word| (*line, word)));
    }
    named
}

/// The module an item of a `use` begins with; empty for a type.
fn first_word(item: &str) -> String {
    item.trim().chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect()
}

fn names_crate(text: &str, name: &str) -> bool {
    let boundary = |before: Option<char>| {
        before.is_none_or(|letter| {
            !(letter.is_alphanumeric() || letter == '_' || letter == ':' || letter == '"' || letter == '.')
        })
    };
    text.match_indices(name).any(|(at, _)| {
        let rest = &text[at + name.len()..];
        let path =
            rest.trim_start_matches(|letter: char| name.ends_with('_') && (letter.is_alphanumeric() || letter == '_'));
        boundary(text[..at].chars().next_back()) && path.starts_with("::")
    })
}

#[test]
fn rooms_know_only_the_rooms_they_may() {
    let mut broken = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == source.room()) else { continue };
        for (line, named) in named_rooms(&source) {
            let is_room = ROOMS.iter().any(|(room, _)| *room == named)
                || ["scan", "server", "simulator"].contains(&named.as_str());
            if is_room && named != source.room() && !allowed.contains(&named.as_str()) {
                broken.push(format!("src/{}.rs:{line}: {} must not know {named}", source.module, source.room()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_external_crate_has_its_owners() {
    let mut broken = Vec::new();
    for source in sources() {
        for (name, owners) in CRATES {
            if source.within(owners) {
                continue;
            }
            let lines = source.lines.iter().filter(|(_, text)| names_crate(text, name));
            broken.extend(
                lines.map(|(line, _)| format!("src/{}.rs:{line}: {name} belongs to {owners:?}", source.module)),
            );
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn pure_rooms_name_no_clock_no_file_and_no_runtime() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.within(PURE)) {
        for (line, text) in &source.lines {
            let named = IMPURE.iter().filter(|word| text.contains(**word));
            broken.extend(named.map(|word| format!("src/{}.rs:{line}: {word} in a pure room", source.module)));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn files_are_short_and_two_levels_deep_at_most() {
    let mut broken = Vec::new();
    for source in sources() {
        if source.length > MOST_LINES {
            broken.push(format!("src/{}.rs has {} lines; split it by idea", source.module, source.length));
        }
        if source.module.matches('/').count() > 2 {
            broken.push(format!("src/{}.rs is too deep", source.module));
        }
        if ["utils", "util", "common", "helpers", "types", "misc"].contains(&source.module.rsplit('/').next().unwrap())
        {
            broken.push(format!("src/{}.rs: name it by what it is about", source.module));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// A rule without a test beside it is not a rule. Libraries and schemas have none of their own.
#[test]
fn each_rule_has_its_test_beside_it() {
    let rego = files("rules", ".rego").into_iter().filter(|path| !path.starts_with("lib")).collect::<Vec<_>>();
    let is_test = |path: &PathBuf| path.to_str().unwrap().ends_with("_test.rego");
    let missing: Vec<&PathBuf> = rego
        .iter()
        .filter(|path| !is_test(path))
        .filter(|path| !rego.contains(&PathBuf::from(path.to_str().unwrap().replace(".rego", "_test.rego"))))
        .collect();
    assert!(missing.is_empty(), "rules without a test: {missing:?}");
    let orphans: Vec<&PathBuf> = rego
        .iter()
        .filter(|path| is_test(path))
        .filter(|path| !rego.contains(&PathBuf::from(path.to_str().unwrap().replace("_test.rego", ".rego"))))
        .collect();
    assert!(orphans.is_empty(), "tests without a rule: {orphans:?}");
}

/// The types of verdicts, findings and waivers have one name each.
#[test]
fn types_keep_to_the_vocabulary() {
    let mut broken = Vec::new();
    for source in sources() {
        for (line, text) in &source.lines {
            let declares = ["struct ", "enum ", "trait ", "mod "]
                .iter()
                .any(|keyword| text.trim_start().trim_start_matches("pub ").starts_with(keyword));
            for word in ["Violation", "Suppression", "Mute", "Tenant", "Asset", "Inventory", "violation", "suppression"]
            {
                let whole = text.split(|letter: char| !letter.is_alphanumeric()).any(|name| name == word);
                if declares && whole {
                    broken.push(format!("src/{}.rs:{line}: {word} is not a word of this project", source.module));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_reading_of_sources_sees_what_it_must() {
    let source = |text: &str| Source { module: "report/table".to_owned(), length: 0, lines: code(text) };
    let named = |text: &str| named_rooms(&source(text)).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
    assert_eq!(named("use crate::ledger::Ledger;\nuse crate::{model, sli::Assessment};"), ["ledger", "model", "sli"]);
    assert_eq!(named("use crate::{\n    model::A,\n    scan,\n};\nuse server::B;"), ["model", "scan"]);
    assert_eq!(named("fn f(x: crate::drift::Change) {} // crate::rules"), ["drift"]);
    assert!(named("#[cfg(test)]\nuse crate::ledger;").is_empty());
    assert!(names_crate("let x: aws_sdk_s3::Client = y;", "aws_"));
    assert!(names_crate("use prometheus::Encoder;", "prometheus"));
    assert!(!names_crate("use crate::prometheus::Encoder;", "prometheus"));
    assert!(!names_crate("let my_axum::x = 1;", "axum"));
    assert!(source("").within(&["report"]) && !source("").within(&["rep"]));
}
