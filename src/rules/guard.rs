//! What a Rego file may do: bounds that hold before a rule ever runs.
//!
//! The engine's parser takes exponential time on nested brackets and recursion ends the process,
//! so both are refused from the text and from the outline. A misspelt reference would silently be
//! undefined, and a builtin that reads the clock or the network would make verdicts unrepeatable.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::outline::{Call, Definition, Form, Outline, Reference};

const MAX_BYTES: usize = 64 * 1024;
/// The engine's own limit on the length of a line.
const MAX_COLUMNS: usize = 1024;
const MAX_NESTING: usize = 8;
/// Test files hold documents.
const MAX_NESTING_TEST: usize = 12;

/// Builtin functions whose result depends on their arguments only, and whose cost is bounded by
/// them.
const BUILTINS: &str = "\
    abs array.concat array.reverse array.slice base64.decode base64.encode base64.is_valid \
    base64url.decode base64url.encode ceil concat contains count endswith floor format_int glob.match \
    glob.quote_meta indexof indexof_n intersection is_array is_boolean is_null is_number is_object \
    is_set is_string json.filter json.is_valid json.marshal json.remove json.unmarshal lower max min \
    net.cidr_contains net.cidr_is_valid object.filter object.get object.keys object.remove object.subset \
    object.union object.union_n product regex.find_n regex.is_valid regex.match regex.replace \
    regex.split replace round semver.compare semver.is_valid sort split sprintf startswith \
    strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse \
    substring sum time.add_date time.clock time.date time.diff time.parse_duration_ns time.parse_ns \
    time.parse_rfc3339_ns time.weekday to_number trim trim_left trim_prefix trim_right trim_space \
    trim_suffix type_name union units.parse units.parse_bytes upper urlquery.decode urlquery.encode walk";

/// What a file is for, told by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// One rule.
    Rule,
    /// Shared by rules, under `lib/`.
    Library,
    /// `*_test.rego`.
    Test,
}

/// Checks the bounds that hold before the parser may see the text.
pub(super) fn text(file: &str, role: Role, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if text.len() > MAX_BYTES {
        faults.push(Fault::new(
            file,
            0,
            format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len()),
            "split the rule, or move shared parts into rules/lib",
        ));
    }
    if let Some((line, _)) = (1u32..).zip(text.lines()).find(|(_, line)| line.chars().count() > MAX_COLUMNS) {
        faults.push(Fault::new(file, line, format!("the line has more than {MAX_COLUMNS} characters"), "break it"));
    }
    let most = if role == Role::Test { MAX_NESTING_TEST } else { MAX_NESTING };
    if let Some(line) = nested_deeper_than(most, text) {
        faults.push(Fault::new(
            file,
            line,
            format!("brackets are nested deeper than {most}"),
            "give the inner part a name of its own",
        ));
    }
    faults
}

/// The first line where more brackets are open than allowed; strings and comments left aside.
fn nested_deeper_than(most: usize, text: &str) -> Option<u32> {
    let mut open = 0usize;
    let mut line = 1u32;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\n' => line += 1,
            '#' => {
                characters.by_ref().find(|&character| character == '\n');
                line += 1;
            }
            '"' => {
                while let Some(character) = characters.next() {
                    match character {
                        '\\' => drop(characters.next()),
                        '"' | '\n' => break,
                        _ => {}
                    }
                }
            }
            '`' => {
                for character in characters.by_ref() {
                    match character {
                        '`' => break,
                        '\n' => line += 1,
                        _ => {}
                    }
                }
            }
            '[' | '{' | '(' => {
                open += 1;
                if open > most {
                    return Some(line);
                }
            }
            ']' | '}' | ')' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// A definition's full path, `["data", "lib", "ports", "admits"]`.
pub(super) type Name = Vec<String>;

/// All definitions of a pack, and what each of them needs.
#[derive(Debug, Default)]
pub(super) struct Index {
    needs: BTreeMap<Name, Needs>,
}

/// What a definition refers to.
#[derive(Debug, Default, Clone)]
pub(super) struct Needs {
    /// The file it stands in.
    pub(super) file: String,
    line: u32,
    /// Other definitions.
    names: BTreeSet<Name>,
    /// Parameters.
    pub(super) parameters: BTreeSet<String>,
    /// Places of the document, as written under `input.resource`, with file and line.
    pub(super) places: BTreeSet<(Vec<String>, String, u32)>,
    /// Whether it reads `input.now`.
    pub(super) now: bool,
}

impl Index {
    /// Adds the definitions of a file, so that references to them resolve.
    pub(super) fn declare(&mut self, file: &str, outline: &Outline) {
        for definition in &outline.rules {
            let needs = self.needs.entry(name(outline, definition)).or_default();
            if needs.file.is_empty() {
                file.clone_into(&mut needs.file);
                needs.line = definition.line;
            }
        }
    }

    /// Resolves the references of a declared file and checks what it uses.
    pub(super) fn check(&mut self, file: &str, role: Role, outline: &Outline, parameters: &[&str]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for definition in &outline.rules {
            faults.extend(check_form(file, definition));
            if role != Role::Test {
                faults.extend(definition.withs.iter().map(|&line| {
                    Fault::new(file, line, "`with` is for tests", "take the value as an argument of a function")
                }));
            }
            faults.extend(definition.negations.iter().map(|&line| {
                let help = "undefined is not false, and engines differ; negate a helper that holds in the good case";
                Fault::new(file, line, "something that may be undefined is negated inside an expression", help)
            }));
            faults.extend(definition.calls.iter().filter_map(|call| check_call(file, call)));
            let mut found = Needs::default();
            for reference in &definition.references {
                faults.extend(self.resolve(file, role, outline, reference, parameters, &mut found));
            }
            if let Some(needs) = self.needs.get_mut(&name(outline, definition)) {
                needs.names.append(&mut found.names);
                needs.parameters.append(&mut found.parameters);
                needs.places.append(&mut found.places);
                needs.now |= found.now;
            }
        }
        faults
    }

    fn resolve(
        &self,
        file: &str,
        role: Role,
        outline: &Outline,
        reference: &Reference,
        parameters: &[&str],
        found: &mut Needs,
    ) -> Option<Fault> {
        let path: Vec<&str> = reference.path.iter().map(String::as_str).collect();
        let fault = |problem: String, help: &str| Some(Fault::new(file, reference.line, problem, help));
        match path.as_slice() {
            ["input", ..] if role == Role::Test => None,
            ["input", "now", ..] => {
                found.now = true;
                None
            }
            ["input", "resource", "configuration" | "facts"] | ["input"] | ["input", "resource"] => fault(
                format!("{} is taken as a whole", path.join(".")),
                "write the whole path at each use, so that what the rule reads can be told",
            ),
            ["input", "resource", "id" | "type" | "account" | "region" | "name", ..] => None,
            ["input", "resource", "configuration" | "facts" | "tags", ..] => {
                found.places.insert((reference.path[2..].to_vec(), file.to_owned(), reference.line));
                None
            }
            ["input", ..] => fault(
                format!("rules do not see {}", path.join(".")),
                "they see input.now and input.resource: id, type, account, region, name, tags, configuration, facts",
            ),
            ["data", "params", parameter, ..] if parameters.contains(parameter) => {
                found.parameters.insert((*parameter).to_owned());
                None
            }
            ["data", "params", ..] => fault(
                format!("there is no parameter {}", path[2..].join(".")),
                &format!("add it to rules/params/data.json, or use one of {}", parameters.join(", ")),
            ),
            _ => match self.definition(&reference.path) {
                Some(name) if role == Role::Test || in_reach(&name, outline) => {
                    found.names.insert(name);
                    None
                }
                Some(_) => {
                    fault(format!("{} belongs to another rule", path.join(".")), "move what rules share into rules/lib")
                }
                None => fault(
                    format!("nothing is called {}", path.join(".")),
                    "write the full path of a rule or function; computed names are not resolved",
                ),
            },
        }
    }

    /// The definition that a path under `data` is or goes into.
    fn definition(&self, path: &[String]) -> Option<Name> {
        (2..=path.len())
            .rev()
            .map(|length| &path[..length])
            .find(|prefix| self.needs.contains_key(*prefix))
            .map(<[_]>::to_vec)
    }

    /// Everything a definition needs, through what it refers to, and the files that takes.
    pub(super) fn closure(&self, name: &Name) -> (Needs, BTreeSet<String>) {
        let mut total = Needs::default();
        let mut files = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(needs) = self.needs.get(name) else { continue };
            files.insert(needs.file.clone());
            total.parameters.extend(needs.parameters.iter().cloned());
            total.places.extend(needs.places.iter().cloned());
            total.now |= needs.now;
            open.extend(&needs.names);
        }
        (total, files)
    }

    /// Definitions that need themselves: regorus would end the process.
    pub(super) fn recursion(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut done = BTreeSet::new();
        for start in self.needs.keys() {
            let mut stack = Vec::new();
            if let Some(cycle) = self.cycle(start, &mut stack, &mut done) {
                let needs = &self.needs[&cycle[0]];
                let words: Vec<String> = cycle.iter().map(|name| name.join(".")).collect();
                faults.push(Fault::new(
                    &needs.file,
                    needs.line,
                    format!("the definition needs itself: {}", words.join(" -> ")),
                    "Rego has no recursion; iterate with `some … in`",
                ));
            }
        }
        faults
    }

    fn cycle<'a>(
        &'a self,
        name: &'a Name,
        stack: &mut Vec<&'a Name>,
        done: &mut BTreeSet<&'a Name>,
    ) -> Option<Vec<Name>> {
        if let Some(start) = stack.iter().position(|open| *open == name) {
            return Some(stack[start..].iter().copied().chain([name]).cloned().collect());
        }
        if done.contains(name) {
            return None;
        }
        stack.push(name);
        let found = self.needs.get(name)?.names.iter().find_map(|next| self.cycle(next, stack, done));
        stack.pop();
        done.insert(name);
        found
    }
}

fn name(outline: &Outline, definition: &Definition) -> Name {
    std::iter::once("data".to_owned()).chain(outline.package.iter().cloned()).chain([definition.name.clone()]).collect()
}

/// Rules use libraries and themselves; libraries use libraries.
fn in_reach(name: &Name, outline: &Outline) -> bool {
    name.get(1).is_some_and(|root| root == "lib")
        || (name.len() == outline.package.len() + 2 && name[1..].starts_with(&outline.package))
}

fn check_form(file: &str, definition: &Definition) -> Option<Fault> {
    match definition.form {
        Form::KeyedSet => Some(Fault::new(
            file,
            definition.line,
            format!("{} has a key and `contains`", definition.name),
            "the compiled form would drop the key; put the key into the member",
        )),
        Form::DefaultFunction => Some(Fault::new(
            file,
            definition.line,
            format!("{} is a function with a default", definition.name),
            "the compiled form would have no value; write a second body",
        )),
        Form::Complete | Form::Set | Form::Function | Form::Default => None,
    }
}

fn check_call(file: &str, call: &Call) -> Option<Fault> {
    if !BUILTINS.split(' ').any(|builtin| builtin == call.name) {
        return Some(Fault::new(
            file,
            call.line,
            format!("{} is not among the functions rules may call", call.name),
            "rules neither read clocks, networks or chance nor grow without bound; rules/README.md lists the functions",
        ));
    }
    let text = call.text.as_deref()?;
    if call.name == "sprintf" && !formats(text) {
        return Some(Fault::new(
            file,
            call.line,
            "sprintf uses a verb that engines write differently",
            "use %s for text, %d for whole numbers, %v for the rest",
        ));
    }
    if call.name.starts_with("regex.") && ["\\d", "\\w", "\\s"].iter().any(|class| text.contains(class)) {
        return Some(Fault::new(
            file,
            call.line,
            "the pattern uses a class that engines read differently",
            "write [0-9], [A-Za-z0-9_] or a space",
        ));
    }
    None
}

/// Whether a format holds no other verbs than `%s`, `%d`, `%v` and `%%`.
fn formats(text: &str) -> bool {
    let mut characters = text.chars();
    while characters.by_ref().any(|character| character == '%') {
        if !matches!(characters.next(), Some('s' | 'd' | 'v' | '%')) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_nest() {
        assert_eq!(nested_deeper_than(1, "a := [\"[[[\\\"[\", `[[`] # [[[\n"), None);
        assert_eq!(nested_deeper_than(2, "a := [\n[\n[1]]]"), Some(3));
        assert_eq!(nested_deeper_than(2, "# one\na := [[[1]]]"), Some(2));
    }

    #[test]
    fn only_verbs_that_all_engines_write_alike_are_formats() {
        assert!(formats("port %d of %s is %v, 100 %%"));
        assert!(!formats("%5d"));
        assert!(!formats("%t"));
        assert!(!formats("ends with %"));
    }
}
