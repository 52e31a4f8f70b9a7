//! What a Rego file may do: bounds that hold before a rule ever runs.
//!
//! The engine's parser takes exponential time on nested brackets and recursion ends the process,
//! so both are refused from the text and from the outline. A misspelt reference would silently be
//! undefined, and a builtin that reads the clock or the network would make verdicts unrepeatable.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::growth::{self, Bodies, Body, Growth};
use super::outline::{Call, Definition, Form, Outline, Reference};

const MAX_HEIGHT: usize = 30;

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

impl Role {
    /// The role of a file, by its path in the pack.
    pub(super) fn of(path: &str) -> Self {
        match path {
            _ if path.ends_with("_test.rego") => Self::Test,
            _ if path.starts_with("lib/") => Self::Library,
            _ => Self::Rule,
        }
    }
}

/// A definition's full path, `["data", "lib", "ports", "admits"]`.
pub(super) type Name = Vec<String>;

/// All definitions of a pack, and what each of them needs.
#[derive(Debug, Default)]
pub(super) struct Index {
    needs: BTreeMap<Name, Needs>,
    /// Packages that could not be read, with their files.
    broken: BTreeMap<Vec<String>, String>,
    functions: BTreeSet<Name>,
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
    /// Files it needs that could not be read.
    broken: BTreeSet<String>,
    /// How each of its bodies makes values larger.
    bodies: Vec<Body>,
}

impl Index {
    /// Adds a file that could not be read: what refers into it needs it, whatever it holds.
    pub(super) fn declare_broken(&mut self, package: &str, file: &str) {
        let path = std::iter::once("data").chain(package.split('.')).map(str::to_owned).collect();
        self.broken.insert(path, file.to_owned());
    }

    /// Adds the definitions of a file, so that references to them resolve.
    pub(super) fn declare(&mut self, file: &str, outline: &Outline) {
        for definition in &outline.rules {
            let needs = self.needs.entry(name(outline, definition)).or_default();
            if needs.file.is_empty() {
                file.clone_into(&mut needs.file);
                needs.line = definition.line;
            }
            if definition.form == Form::Function {
                self.functions.insert(name(outline, definition));
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
            let body = self.body(definition);
            if let Some(needs) = self.needs.get_mut(&name(outline, definition)) {
                needs.names.append(&mut found.names);
                needs.parameters.append(&mut found.parameters);
                needs.places.append(&mut found.places);
                needs.now |= found.now;
                needs.broken.append(&mut found.broken);
                needs.bodies.push(body);
            }
        }
        faults
    }

    /// How one body makes values larger.
    fn body(&self, definition: &Definition) -> Body {
        let mut factor = definition.growth;
        for call in &definition.calls {
            if let Growth::By(by) = call.growth {
                factor = factor.saturating_mul(by);
            }
        }
        let names = definition.references.iter().filter_map(|reference| self.definition(&reference.path)).collect();
        Body { factor, names }
    }

    /// Definitions of rules and libraries that can make values too large.
    pub(super) fn growth(&self, is_test: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut bodies = Bodies::new();
        for (name, needs) in self.needs.iter().filter(|(_, needs)| !is_test(&needs.file)) {
            let is_function = self.functions.contains(name);
            bodies.insert(name, (&needs.file, needs.line, is_function, &needs.bodies));
        }
        growth::check(&bodies)
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
                None => match self.broken_file(&reference.path) {
                    Some(file) => {
                        found.broken.insert(file.to_owned());
                        None
                    }
                    None => fault(
                        format!("nothing is called {}", path.join(".")),
                        "write the full path of a rule or function; computed names are not resolved",
                    ),
                },
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

    /// The file that would hold what the path names, if it could be read.
    fn broken_file(&self, path: &[String]) -> Option<&str> {
        let package = |length: usize| self.broken.get(&path[..length]).map(String::as_str);
        (2..path.len()).rev().find_map(package)
    }

    /// By file: the files that its definitions need, itself included.
    pub(super) fn files_of_files<'f>(
        &self,
        files: impl Iterator<Item = &'f str>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut own: BTreeMap<&str, Vec<&Name>> = BTreeMap::new();
        for (name, needs) in &self.needs {
            own.entry(&needs.file).or_default().push(name);
        }
        let of = |file: &str| own.get(file).map(|names| self.closure(names).1).unwrap_or_default();
        files.map(|file| (file.to_owned(), of(file))).collect()
    }

    /// Definitions of libraries that nothing of another file and no rule's `deny` needs.
    pub(super) fn unused(&self) -> Vec<(&str, u32, String)> {
        let mut used: BTreeSet<&Name> = BTreeSet::new();
        let mut open: Vec<&Name> =
            self.needs.keys().filter(|name| name.get(1).is_none_or(|root| root != "lib")).collect();
        while let Some(name) = open.pop() {
            if used.insert(name) {
                open.extend(self.needs.get(name).iter().flat_map(|needs| &needs.names));
            }
        }
        let unused = self.needs.iter().filter(|(name, _)| !used.contains(name));
        unused.map(|(name, needs)| (needs.file.as_str(), needs.line, name.join("."))).collect()
    }

    /// Everything these definitions need, through what they refer to, and the files that takes.
    pub(super) fn closure(&self, names: &[&Name]) -> (Needs, BTreeSet<String>) {
        let mut total = Needs::default();
        let mut files = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = names.to_vec();
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(needs) = self.needs.get(name) else { continue };
            if !files.contains(&needs.file) {
                files.insert(needs.file.clone());
            }
            files.extend(needs.broken.iter().cloned());
            total.parameters.extend(needs.parameters.iter().cloned());
            total.places.extend(needs.places.iter().cloned());
            total.now |= needs.now;
            open.extend(&needs.names);
        }
        (total, files)
    }

    /// Definitions that need themselves, or each other in a long row: the engine would end the
    /// process.
    pub(super) fn recursion(&self) -> Vec<Fault> {
        let mut heights = BTreeMap::new();
        let mut faults = Vec::new();
        for start in self.needs.keys() {
            let Err(row) = self.height(start, &mut Vec::new(), &mut heights) else { continue };
            let Some(needs) = row.first().and_then(|name| self.needs.get(*name)) else { continue };
            let words: Vec<String> = row.iter().map(|name| name.join(".")).collect();
            let (problem, help) = if row.first() == row.last() {
                let problem = format!("the definition needs itself: {}", words.join(" -> "));
                (problem, "Rego has no recursion; iterate with `some … in`")
            } else {
                let problem = format!("the definition needs a row of more than {MAX_HEIGHT} others");
                (problem, "let definitions need fewer others")
            };
            // Whatever leads into a long row is one too; the first of a file says enough.
            if !faults.iter().any(|fault: &Fault| fault.file == needs.file && fault.problem == problem) {
                faults.push(Fault::new(&needs.file, needs.line, problem, help));
            }
        }
        faults
    }

    /// How many definitions stand below one, itself included; an error is a row that is too long
    /// or ends where it begins.
    fn height<'a>(
        &'a self,
        name: &'a Name,
        row: &mut Vec<&'a Name>,
        heights: &mut BTreeMap<&'a Name, usize>,
    ) -> Result<usize, Vec<&'a Name>> {
        if let Some(&height) = heights.get(name) {
            return Ok(height);
        }
        if let Some(start) = row.iter().position(|open| *open == name) {
            return Err(row[start..].iter().copied().chain([name]).collect());
        }
        row.push(name);
        let mut height = 1;
        for next in self.needs.get(name).iter().flat_map(|needs| &needs.names) {
            if row.len() >= MAX_HEIGHT {
                return Err(row.clone());
            }
            height = height.max(1 + self.height(next, row, heights)?);
            if height > MAX_HEIGHT {
                return Err(row.clone());
            }
        }
        row.pop();
        heights.insert(name, height);
        Ok(height)
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
    if let Growth::Unbounded(help) = call.growth {
        return Some(Fault::new(file, call.line, format!("{} may make of a text anything", call.name), help));
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
    fn only_verbs_that_all_engines_write_alike_are_formats() {
        assert!(formats("port %d of %s is %v, 100 %%"));
        assert!(!formats("%5d"));
        assert!(!formats("%t"));
        assert!(!formats("ends with %"));
    }
}
