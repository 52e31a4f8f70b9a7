//! Runs the tests that stand beside the rules.
//!
//! `<rule>_test.rego` holds `cases`, plain documents with the verdict they want: each is judged as
//! a scan would judge it, on both engines, and must fit the model. `test_*` rules run on the
//! strict interpreter, as `opa test` would run them. Every rule needs a case that fails, one that
//! passes and one that is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::engine::{Engine, Job};
use super::guard::Role;
use super::pack::{File, Pack, rule_id};
use super::rego::{Input, Interpreter, Source};
use super::schema;
use crate::model::{Resource, Rule, RuleId, Verdict};

/// The time of cases that do not give one; `rules/lib/cases.rego` has the same.
const DEFAULT_NOW: &str = "2026-11-22T00:00:00Z";

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As wanted.
    Pass,
    /// Not as wanted, and how.
    Fail(String),
    /// The two engines differ, or the rule errs.
    Diff(String),
    /// A `todo_test_*` rule, which is not run.
    Todo,
}

/// One case or one `test_*` rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The file it stands in.
    pub file: String,
    /// Line of the rule; of `cases` for a case.
    pub line: u32,
    /// Name of the rule or of the case.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// Which lines of a rule or library its tests evaluate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The file.
    pub file: String,
    /// Lines that were evaluated.
    pub covered: usize,
    /// Lines that never were, sorted.
    pub missing: Vec<u32>,
    /// What stands in those lines.
    pub texts: Vec<String>,
}

/// What became of all tests of a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Sorted by file and line.
    pub tests: Vec<Test>,
    /// By file.
    pub coverage: Vec<Coverage>,
}

impl Report {
    /// The tests that failed or differ.
    pub fn failed(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| matches!(test.outcome, Outcome::Fail(_) | Outcome::Diff(_)))
    }

    /// Share of lines that the tests evaluate, 0 to 1; `None` without lines.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "line counts are small")]
    pub fn covered_ratio(&self) -> Option<f64> {
        let covered: usize = self.coverage.iter().map(|file| file.covered).sum();
        let missing: usize = self.coverage.iter().map(|file| file.missing.len()).sum();
        (covered + missing > 0).then(|| covered as f64 / (covered + missing) as f64)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, detail) = match &self.outcome {
            Outcome::Pass => ("PASS", ""),
            Outcome::Fail(detail) => ("FAIL", detail.as_str()),
            Outcome::Diff(detail) => ("DIFF", detail.as_str()),
            Outcome::Todo => ("TODO", ""),
        };
        write!(f, "{word}  {}:{}  {}", self.file, self.line, self.name)?;
        if detail.is_empty() { Ok(()) } else { write!(f, "\n      {detail}") }
    }
}

/// Runs all tests of a pack.
#[must_use]
pub fn run(pack: &Pack) -> Report {
    run_of(pack, &|_| true)
}

/// A case with the whole input that its rule sees, for another Rego implementation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The file it stands in.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// `data.aws.s3.tls_only.deny`.
    pub query: String,
    /// `resource` and `now`.
    pub input: Value,
    /// What the interpreter says: the set as a list.
    pub denied: Value,
}

/// The cases of all rules of a pack; a case that is none, or a rule that errs on it, is an error
/// with file and name.
///
/// # Errors
/// The first case that cannot be evaluated.
pub fn asked(pack: &Pack) -> Result<Vec<Asked>, String> {
    let mut all = Vec::new();
    for rule in &pack.rules {
        let query = pack.deny_path(rule);
        let package = query.trim_start_matches("data.").replace(".deny", "_test");
        let Some(test) = pack.files.iter().find(|file| file.package == package) else { continue };
        let place = |name: &str| format!("{}: {name}", test.source.file);
        let (mut interpreter, cases) =
            cases_of(pack, rule, test).map_err(|error| format!("{}: {error}", place("cases")))?;
        let line = test.definitions.iter().find(|(name, _)| name == "cases").map_or(0, |(_, line)| *line);
        for (name, case) in cases {
            let explain = |error: String| format!("{}: {error}", place(&name));
            let case = Case::read(&case, rule).map_err(explain)?;
            let now = format!("{}T00:00:00Z", case.now.to_zoned(TimeZone::UTC).date());
            let document = case.resource.document();
            let input = Input::new(&document, &now).map_err(explain)?;
            let denied = interpreter.evaluate(&query, &input).map_err(explain)?;
            all.push(Asked {
                file: test.source.file.clone(),
                line: line_of(&name, &test.source.text, line),
                query: query.clone(),
                input: json!({"resource": document, "now": now}),
                denied: denied.unwrap_or_else(|| json!([])),
                name,
            });
        }
    }
    Ok(all)
}

/// An interpreter of a rule with its tests, and the cases.
fn cases_of(pack: &Pack, rule: &Rule, test: &File) -> Result<(Interpreter, Map<String, Value>), String> {
    let mut sources: Vec<&Source> = pack.sources(&[rule]);
    let libraries = pack.files.iter().filter(|file| file.role == Role::Library).map(|file| &file.source);
    sources.extend(libraries.filter(|library| !pack.needs_file(rule, &library.file)));
    sources.push(&test.source);
    let mut interpreter = Interpreter::new(&sources, &pack.data)?;
    let input = Input::new(&json!({}), DEFAULT_NOW)?;
    match interpreter.evaluate(&format!("data.{}.cases", test.package), &input)? {
        Some(Value::Object(cases)) => Ok((interpreter, cases)),
        _ => Err("cases is not an object of name to case".to_owned()),
    }
}

/// Runs the tests of a pack that stand in the files asked for.
pub(super) fn run_of(pack: &Pack, asked: &dyn Fn(&str) -> bool) -> Report {
    let engine = Engine::new(pack).with_threads(1);
    let mut runner = Runner { pack, engine, tests: Vec::new(), covered: BTreeMap::new(), wanted: BTreeMap::new() };
    for file in pack.files.iter().filter(|file| file.role == Role::Test && asked(&file.source.file)) {
        runner.file(file);
    }
    runner.require_cases(asked);
    let mut tests = runner.tests;
    tests.sort_by(|a, b| (&a.file, a.line, &a.name).cmp(&(&b.file, b.line, &b.name)));
    let mut coverage = coverage(pack, runner.covered);
    coverage.retain(|file| asked(&file.file));
    Report { tests, coverage }
}

/// The verdicts that the cases of a rule want; none when they cannot be evaluated.
pub(super) fn wanted(pack: &Pack, rule: &Rule, test: &File) -> BTreeSet<String> {
    let Ok((_, cases)) = cases_of(pack, rule, test) else { return BTreeSet::new() };
    cases.values().filter_map(|case| case["want"].as_str()).map(str::to_owned).collect()
}

/// Covered and other lines, by file.
type Lines = BTreeMap<String, (BTreeSet<u32>, BTreeSet<u32>)>;

/// Files that no test touches have none of their definitions covered.
fn coverage(pack: &Pack, mut lines: Lines) -> Vec<Coverage> {
    let files = pack.files.iter().filter(|file| file.role != Role::Test);
    files
        .map(|file| {
            let untouched = || (BTreeSet::new(), file.definitions.iter().map(|(_, line)| *line).collect());
            let (covered, other) = lines.remove(&file.source.file).unwrap_or_else(untouched);
            let missing: Vec<u32> = other.difference(&covered).copied().collect();
            let text = |&line: &u32| {
                usize::try_from(line).ok().and_then(|line| file.source.text.lines().nth(line.checked_sub(1)?))
            };
            let texts = missing.iter().map(|line| text(line).unwrap_or_default().trim().to_owned()).collect();
            Coverage { file: file.source.file.clone(), covered: covered.len(), missing, texts }
        })
        .collect()
}

struct Runner<'p> {
    pack: &'p Pack,
    engine: Engine,
    tests: Vec<Test>,
    covered: Lines,
    /// The verdicts that cases want, by rule.
    wanted: BTreeMap<RuleId, BTreeSet<String>>,
}

impl Runner<'_> {
    fn add(&mut self, file: &str, line: u32, name: &str, outcome: Outcome) {
        self.tests.push(Test { file: file.to_owned(), line, name: name.to_owned(), outcome });
    }

    fn file(&mut self, file: &File) {
        let package = file.package.trim_end_matches("_test");
        let rule = rule_id(package).and_then(|id| self.pack.rule(&id));
        let rule = rule.filter(|rule| self.pack.file(&rule.id).is_some_and(|file| file.package == package));
        let mut sources: Vec<&Source> = self.pack.sources(rule.as_slice());
        let libraries = self.pack.files.iter().filter(|file| file.role == Role::Library).map(|file| &file.source);
        sources.extend(libraries.filter(|library| !rule.is_some_and(|rule| self.pack.needs_file(rule, &library.file))));
        sources.push(&file.source);
        let mut interpreter = match Interpreter::new(&sources, &self.pack.data) {
            Ok(interpreter) => interpreter,
            Err(error) => return self.add(&file.source.file, 0, "the file", Outcome::Fail(error)),
        };
        interpreter.record_coverage();
        let names: BTreeMap<&str, u32> = file.definitions.iter().map(|(name, line)| (name.as_str(), *line)).collect();
        for (name, line) in names {
            if name.starts_with("todo_test_") {
                self.add(&file.source.file, line, name, Outcome::Todo);
            } else if name.starts_with("test_") {
                let outcome = run_test(&mut interpreter, &format!("data.{}.{name}", file.package));
                self.add(&file.source.file, line, name, outcome);
            } else if name == "cases"
                && let Some(rule) = rule
            {
                self.cases(file, line, rule, &mut interpreter);
            }
        }
        for file in interpreter.coverage().unwrap_or_default() {
            let lines = self.covered.entry(file.file).or_default();
            lines.0.extend(file.covered);
            lines.1.extend(file.other);
        }
    }

    fn cases(&mut self, file: &File, line: u32, rule: &Rule, interpreter: &mut Interpreter) {
        let path = format!("data.{}.cases", file.package);
        let cases = Input::new(&json!({}), DEFAULT_NOW).and_then(|input| interpreter.evaluate(&path, &input));
        let cases = match cases {
            Ok(Some(Value::Object(cases))) => cases,
            Ok(_) => {
                let problem = "cases is not an object of name to case".to_owned();
                return self.add(&file.source.file, line, "cases", Outcome::Fail(problem));
            }
            Err(error) => return self.add(&file.source.file, line, "cases", Outcome::Fail(error)),
        };
        for (name, case) in &cases {
            let outcome = match Case::read(case, rule) {
                Ok(case) => {
                    self.wanted.entry(rule.id.clone()).or_default().insert(case.want.clone());
                    if let Ok(input) = Input::new(&case.resource.document(), &case.now.to_string()) {
                        // For coverage; the engine below runs it again, on both backends.
                        let _covered = interpreter.evaluate(&self.pack.deny_path(rule), &input);
                    }
                    self.judge(&case, rule)
                }
                Err(problem) => Outcome::Fail(problem),
            };
            self.add(&file.source.file, line_of(name, &file.source.text, line), name, outcome);
        }
    }

    /// Judges a case twice, by the rule alone and among all rules of its type: a scan does both.
    fn judge(&self, case: &Case, rule: &Rule) -> Outcome {
        let job = Job { resource: &case.resource, rules: vec![&rule.id] };
        let alone = self.engine.evaluate_jobs(&[job], case.now);
        if let Some(suspect) = alone.suspects.iter().find(|suspect| suspect.rule == rule.id) {
            return Outcome::Diff(suspect.reason.clone());
        }
        let together = self.engine.together(&case.resource, &rule.id, case.now);
        let alone = alone.evaluations.into_iter().find(|found| found.rule == rule.id).map(|found| found.verdict);
        match alone {
            Some(alone) if Some(&alone) == together.as_ref() => {
                misplaced(&case.resource, &alone).map_or_else(|| case.compare(&alone), Outcome::Fail)
            }
            _ => Outcome::Diff(format!("alone it gives {alone:?}, among the other rules {together:?}")),
        }
    }

    fn require_cases(&mut self, asked: &dyn Fn(&str) -> bool) {
        let missing: Vec<(RuleId, String)> = self
            .pack
            .rules
            .iter()
            .filter(|rule| !self.pack.quarantined.contains_key(&rule.id))
            .filter(|rule| self.pack.source_file(&rule.id).is_some_and(asked))
            .flat_map(|rule| {
                let wanted = self.wanted.get(&rule.id);
                ["fail", "pass", "unknown"]
                    .into_iter()
                    .filter(move |want| !wanted.is_some_and(|wanted| wanted.contains(*want)))
                    .map(|want| (rule.id.clone(), want.to_owned()))
            })
            .collect();
        for (id, want) in missing {
            let file = self.pack.source_file(&id).unwrap_or_default().replace(".rego", "_test.rego");
            let problem = format!("no case of {id} wants {want}; add one to `cases`");
            self.add(&file, 0, &format!("a case that wants {want}"), Outcome::Fail(problem));
        }
    }
}

/// The line of a case by its name, as far as that is written out; else that of all cases.
fn line_of(name: &str, text: &str, cases: u32) -> u32 {
    let key = format!("{}:", Value::from(name));
    let numbered = (1u32..).zip(text.lines()).skip_while(|(number, _)| *number < cases);
    numbered.into_iter().find(|(_, line)| line.contains(&key)).map_or(cases, |(number, _)| number)
}

/// A denial at a place that no document can have would never be evidence.
fn misplaced(resource: &Resource, verdict: &Verdict) -> Option<String> {
    let Verdict::Fail { denials, .. } = verdict else { return None };
    let schema = schema::of(resource.resource_type);
    let misplaced = denials.iter().find(|denial| !schema::allows(schema, &denial.path))?;
    Some(format!("it denies {}, which the model of {} does not have", misplaced.path, resource.resource_type))
}

fn run_test(interpreter: &mut Interpreter, path: &str) -> Outcome {
    let value = Input::new(&json!({}), DEFAULT_NOW).and_then(|input| interpreter.evaluate(path, &input));
    match value {
        Ok(Some(Value::Bool(true))) => Outcome::Pass,
        Ok(Some(value)) => Outcome::Fail(format!("it is {value}, not true")),
        Ok(None) => Outcome::Fail("it is undefined, not true".to_owned()),
        Err(error) => Outcome::Fail(error.trim().to_owned()),
    }
}

/// A document, and the verdict it wants.
struct Case {
    resource: Resource,
    now: Timestamp,
    want: String,
    /// The places the verdict must name, when the case gives them.
    paths: Option<BTreeSet<String>>,
}

impl Case {
    fn read(case: &Value, rule: &Rule) -> Result<Self, String> {
        let fields = case.as_object().ok_or("the case is not an object")?;
        if let Some(unknown) = fields.keys().find(|key| !["want", "resource", "now", "paths"].contains(&key.as_str())) {
            return Err(format!("a case has no {unknown:?}; it has want, resource, now, paths"));
        }
        let want = fields.get("want").and_then(Value::as_str).unwrap_or_default();
        if !["fail", "pass", "unknown"].contains(&want) {
            return Err("want is not fail, pass or unknown".to_owned());
        }
        let given = fields.get("resource").ok_or("the case has no resource")?;
        let resource = complete(given, rule)?;
        let now = fields.get("now").map_or(Some(DEFAULT_NOW), Value::as_str).ok_or("now is not text")?;
        let now = now.parse().map_err(|error| format!("now is not a time: {error}"))?;
        let paths = fields.get("paths").and_then(Value::as_array);
        let paths = paths.map(|paths| paths.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Ok(Self { resource, now, want: want.to_owned(), paths })
    }

    fn compare(&self, verdict: &Verdict) -> Outcome {
        if verdict.name() != self.want {
            return Outcome::Fail(format!("it wants {}, the verdict is {verdict:?}", self.want));
        }
        if let (Some(wanted), Verdict::Fail { denials, .. }) = (&self.paths, verdict) {
            let found: BTreeSet<String> = denials.iter().map(|denial| denial.path.to_string()).collect();
            if *wanted != found {
                return Outcome::Fail(format!("it wants denials at {wanted:?}, they are at {found:?}"));
            }
        }
        Outcome::Pass
    }
}

/// A whole resource from what a case gives: identity and required attributes get plain values,
/// facts that are not given are unknown. What is given must fit the model.
fn complete(given: &Value, rule: &Rule) -> Result<Resource, String> {
    let mut document = given.as_object().ok_or("resource is not an object")?.clone();
    let of = match document.get("type") {
        Some(of) => serde_json::from_value(of.clone()).map_err(|error| error.to_string())?,
        None => *rule.resource_types.first().ok_or("the rule has no type")?,
    };
    let plain = json!({
        "id": "arn:aws:plimsoll:::case", "type": of, "account": "111122223333", "region": "eu-central-1",
        "name": "case", "configuration": {},
    });
    for (key, value) in plain.as_object().into_iter().flatten() {
        document.entry(key).or_insert_with(|| value.clone());
    }
    let schema = schema::of(of);
    if let Some(Value::Object(configuration)) = document.get_mut("configuration") {
        fill_required(configuration, &schema["properties"]["configuration"]);
    }
    let facts = schema::attributes(schema, "facts");
    if !facts.is_empty()
        && let Value::Object(given) = document.entry("facts").or_insert_with(|| json!({}))
    {
        for fact in facts {
            given.entry(fact).or_insert_with(|| json!({"waits_for": ["not given"]}));
        }
    }
    let resource: Resource =
        serde_json::from_value(Value::Object(document)).map_err(|error| format!("resource: {error}"))?;
    match lost(given, &resource.document(), String::new()) {
        Some(place) => Err(format!("resource: the model of {of} has no {place}, or not with this value")),
        None => Ok(resource),
    }
}

fn fill_required(configuration: &mut Map<String, Value>, schema: &Value) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let plain = match schema["properties"][name]["type"].as_str() {
            Some("string") => json!(""),
            Some("boolean") => json!(false),
            Some("integer") => json!(0),
            Some("array") => json!([]),
            _ => continue,
        };
        configuration.entry(name).or_insert(plain);
    }
}

/// The first place that is given but not kept.
fn lost(given: &Value, kept: &Value, place: String) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => given.iter().find_map(|(key, value)| {
            let place = format!("{place}/{key}");
            match kept.get(key) {
                Some(kept) => lost(value, kept, place),
                None => Some(place),
            }
        }),
        (Value::Array(given), Value::Array(kept)) if given.len() == kept.len() => given
            .iter()
            .zip(kept)
            .enumerate()
            .find_map(|(at, (given, kept))| lost(given, kept, format!("{place}/{at}"))),
        _ => (given != kept).then_some(place),
    }
}
