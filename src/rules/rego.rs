//! Rego behind one door: the only file that names regorus.
//!
//! Two backends for the same rules. The machine runs compiled byte code and is fast, but swallows
//! type errors inside a rule; the interpreter is slow and strict. Both take an [`Input`] and give
//! plain JSON, so that nothing of the library leaks out. A backend is used by one thread at a
//! time: sharing compiled programs between threads is slower than one thread alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use serde::Deserialize;
use serde_json::Value as Json;

pub(super) use regorus::unstable as ast;

/// Part of every rule's digest: another engine may judge differently, and so may another version of
/// this program, which turns denials into verdicts.
pub(super) const VERSION: &str = concat!("regorus 0.14.1, plimsoll ", env!("CARGO_PKG_VERSION"));

/// Rules in one array literal; the machine has 255 registers per rule.
const AGGREGATE: usize = 100;
const MAX_INSTRUCTIONS_RULE: usize = 100_000;
const MAX_INSTRUCTIONS_AGGREGATE: usize = 500_000;
/// A backstop, generous because it is wall-clock time on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The text of one Rego file.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Name in messages.
    pub(super) file: String,
    /// Its text.
    pub(super) text: String,
}

/// Reads one file's syntax tree.
pub(super) fn parse(source: &Source) -> Result<ast::Ref<ast::Module>, String> {
    guarded(|| {
        let mut engine = regorus::Engine::new();
        engine.add_policy(source.file.clone(), source.text.clone()).map_err(|error| error.to_string())?;
        engine.get_modules().first().cloned().ok_or_else(|| format!("{} holds no module", source.file))
    })
}

/// A panic of the library is an error of the rule it was given.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| Err("the engine panicked".to_owned()))
}

/// The limit by the clock: what a rule never comes near, however busy the machine is.
fn time_limit() -> Option<ExecutionTimerConfig> {
    NonZeroU32::new(1_000).map(|check_interval| ExecutionTimerConfig { limit: TIME_LIMIT, check_interval })
}

/// What a rule sees as `input`.
#[derive(Debug, Clone)]
pub(super) struct Input(regorus::Value);

impl Input {
    /// `{"resource": document, "now": now}`.
    pub(super) fn new(document: &Json, now: &str) -> Result<Self, String> {
        let resource = regorus::Value::deserialize(document).map_err(|error| error.to_string())?;
        let mut input = regorus::Value::new_object();
        let fields = input.as_object_mut().map_err(|error| error.to_string())?;
        fields.insert("resource".into(), resource);
        fields.insert("now".into(), now.into());
        Ok(Self(input))
    }
}

/// A value as plain JSON, sets as sorted arrays; `None` for undefined.
fn json(value: &regorus::Value) -> Result<Option<Json>, String> {
    match value {
        regorus::Value::Undefined => Ok(None),
        regorus::Value::Set(set) if set.is_empty() => Ok(Some(Json::Array(Vec::new()))),
        defined => serde_json::to_value(defined).map(Some).map_err(|error| error.to_string()),
    }
}

fn load(sources: &[&Source], parameters: &Json) -> Result<regorus::Engine, String> {
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    let parameters = regorus::Value::deserialize(parameters).map_err(|error| error.to_string())?;
    let mut data = regorus::Value::new_object();
    data.as_object_mut().map_err(|error| error.to_string())?.insert("params".into(), parameters);
    engine.add_data(data).map_err(|error| error.to_string())?;
    for source in sources {
        engine.add_policy(source.file.clone(), source.text.clone()).map_err(|error| error.to_string())?;
    }
    Ok(engine)
}

/// The strict interpreter: slow, and the truth.
pub(super) struct Interpreter(regorus::Engine);

impl Interpreter {
    pub(super) fn new(sources: &[&Source], parameters: &Json) -> Result<Self, String> {
        load(sources, parameters).map(Self::of)
    }

    fn of(mut engine: regorus::Engine) -> Self {
        if let Some(limit) = time_limit() {
            engine.set_execution_timer_config(limit);
        }
        Self(engine)
    }

    /// The value of the rule at `path` (`data.aws.s3.tls_only.deny`).
    pub(super) fn evaluate(&mut self, path: &str, input: &Input) -> Result<Option<Json>, String> {
        self.0.set_input(input.0.clone());
        json(&self.0.eval_rule(path.to_owned()).map_err(|error| error.to_string())?)
    }

    /// Finds what is wrong with the rules without evaluating them.
    pub(super) fn prepare(&mut self, path: &str) -> Result<(), String> {
        guarded(|| self.0.compile_with_entrypoint(&Arc::from(path)).map(drop).map_err(|error| error.to_string()))
    }

    /// Counts from now on which lines are evaluated.
    pub(super) fn record_coverage(&mut self) {
        self.0.set_enable_coverage(true);
    }

    /// Which lines were evaluated, by file.
    pub(super) fn coverage(&self) -> Result<Vec<CoveredFile>, String> {
        let report = self.0.get_coverage_report().map_err(|error| error.to_string())?;
        let file = |file: regorus::coverage::File| CoveredFile {
            file: file.path,
            covered: file.covered,
            other: file.not_covered,
        };
        Ok(report.files.into_iter().map(file).collect())
    }
}

/// Lines of one file, by whether they were evaluated.
pub(super) struct CoveredFile {
    pub(super) file: String,
    pub(super) covered: BTreeSet<u32>,
    pub(super) other: BTreeSet<u32>,
}

/// Compiled byte code of some rules.
pub(super) struct Machine {
    vm: regorus::rvm::RegoVM,
    rules: usize,
    aggregates: usize,
}

impl Machine {
    /// Compiles the rules at the given paths. An error means that the machine lacks something the
    /// rules use; the interpreter may still have it. The interpreter comes with the machine, because
    /// reading the sources takes longer than compiling them.
    pub(super) fn with_interpreter(
        sources: &[&Source],
        paths: &[&str],
        parameters: &Json,
    ) -> Result<(Self, Interpreter), String> {
        guarded(|| Self::compile(sources, paths, parameters))
    }

    fn compile(sources: &[&Source], paths: &[&str], parameters: &Json) -> Result<(Self, Interpreter), String> {
        use regorus::languages::rego::compiler::Compiler;

        let mut engine = load(sources, parameters)?;
        let chunks: Vec<&[&str]> = paths.chunks(AGGREGATE).collect();
        let mut aggregate = "package plimsoll_aggregate\n".to_owned();
        for (index, chunk) in chunks.iter().enumerate() {
            writeln!(aggregate, "all_{index} := [{}]", chunk.join(",\n")).map_err(|error| error.to_string())?;
        }
        engine.add_policy("aggregate.rego".to_owned(), aggregate).map_err(|error| error.to_string())?;
        let names: Vec<String> =
            (0..chunks.len()).map(|index| format!("data.plimsoll_aggregate.all_{index}")).collect();
        let entry_points: Vec<&str> = names.iter().map(String::as_str).chain(paths.iter().copied()).collect();
        let Some(first) = entry_points.first() else { return Err("no rules to compile".to_owned()) };
        let policy = engine.compile_with_entrypoint(&Arc::from(*first)).map_err(|error| error.to_string())?;
        let program = Compiler::compile_from_policy(&policy, &entry_points).map_err(|error| error.to_string())?;
        let mut vm = regorus::rvm::RegoVM::new();
        vm.load_program(program);
        vm.set_data(engine.get_data()).map_err(|error| error.to_string())?;
        vm.set_strict_builtin_errors(true);
        vm.set_execution_timer_config(time_limit());
        let machine = Self { vm, rules: paths.len(), aggregates: chunks.len() };
        Ok((machine, Interpreter::of(engine)))
    }

    /// The values of all rules, in their order.
    pub(super) fn all(&mut self, input: &Input) -> Result<Vec<Json>, String> {
        let mut values = Vec::with_capacity(self.rules);
        self.vm.set_max_instructions(MAX_INSTRUCTIONS_AGGREGATE);
        for index in 0..self.aggregates {
            let value = self.execute(index, input)?;
            let chunk = value.as_array().map_err(|error| error.to_string())?;
            for value in chunk {
                values.push(json(value)?.ok_or("a rule has no value")?);
            }
        }
        if values.len() == self.rules { Ok(values) } else { Err("the aggregate lacks rules".to_owned()) }
    }

    /// The value of one rule, by its position.
    pub(super) fn one(&mut self, rule: usize, input: &Input) -> Result<Option<Json>, String> {
        self.vm.set_max_instructions(MAX_INSTRUCTIONS_RULE);
        json(&self.execute(self.aggregates + rule, input)?)
    }

    fn execute(&mut self, entry_point: usize, input: &Input) -> Result<regorus::Value, String> {
        self.vm.set_input(input.0.clone());
        self.vm.execute_entry_point_by_index(entry_point).map_err(|error| error.to_string())
    }
}
