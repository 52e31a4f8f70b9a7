//! Evaluates rules on resources, on all cores.
//!
//! Resources are routed to rules by type, outside Rego. Each thread has its own compiled programs.
//! The compiled form swallows some errors, so the strict interpreter is the truth: a sample of
//! what is evaluated is evaluated by both, and a rule that errs or differs makes all its evaluations of
//! that call `unknown`, with the reason.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::pack::Pack;
use super::plan::Plan;
use super::queues::Queues;
use super::rego::Input;
use super::verdict;
use super::worker::Worker;
use crate::model::{Evaluation, Resource, ResourceKey, ResourceType, Rule, RuleId, Verdict};

/// Resources per type and day that an engine evaluates twice.
const SAMPLED_FIRST: usize = 20;
/// One in so many of the others, by hash of id and day.
const SAMPLED_ONE_IN: u64 = 100;
/// Deep documents and long rules nest deeply in the interpreter.
const STACK: usize = 16 * 1024 * 1024;
/// Larger documents are not evaluated.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;

/// Rules ready to be evaluated.
pub struct Engine {
    pub(super) pack: Pack,
    /// `data.….deny` of each rule, in the pack's order.
    pub(super) paths: Vec<String>,
    by_id: HashMap<RuleId, usize>,
    /// Positions of rules in quarantine, by type.
    quarantined: BTreeMap<ResourceType, Vec<usize>>,
    pub(super) plans: BTreeMap<ResourceType, Plan>,
    threads: usize,
    idle: Mutex<Vec<Worker>>,
    sampled: Mutex<Sampled>,
}

/// How many resources of each type both backends have evaluated on a day.
#[derive(Default)]
struct Sampled {
    day: String,
    of: HashMap<ResourceType, usize>,
}

/// One resource and the rules to evaluate on it; rules of other types are left out.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// Ids of the rules.
    pub rules: Vec<&'a RuleId>,
}

/// What a call of the engine found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// Sorted by resource and rule.
    pub evaluations: Vec<Evaluation>,
    /// Rules that cannot be trusted, by id; all their evaluations are `unknown`.
    pub suspects: Vec<Suspect>,
    /// Rules × resources that were run; those of stale resources are not.
    pub evaluated: usize,
    /// How many of them were run a second time, by the interpreter.
    pub rechecked: usize,
}

/// A rule that erred, or whose two engines differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suspect {
    /// The rule.
    pub rule: RuleId,
    /// What happened, and on which resource.
    pub reason: String,
}

impl Engine {
    /// The rules of a pack, which are compiled when a resource of their type comes. What the
    /// machine cannot compile, the interpreter evaluates.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        let by_id = pack.rules.iter().enumerate().map(|(position, rule)| (rule.id.clone(), position)).collect();
        let paths = pack.rules.iter().map(|rule| pack.deny_path(rule)).collect();
        let mut plans = BTreeMap::new();
        let mut quarantined = BTreeMap::new();
        for &of in ResourceType::ALL {
            let applies = |(position, rule): (usize, &Rule)| rule.resource_types.contains(&of).then_some(position);
            let (unusable, rules): (Vec<usize>, Vec<usize>) = pack
                .rules
                .iter()
                .enumerate()
                .filter_map(applies)
                .partition(|&position| pack.quarantined.contains_key(&pack.rules[position].id));
            if !unusable.is_empty() {
                quarantined.insert(of, unusable);
            }
            if !rules.is_empty() {
                plans.insert(of, Plan::new(rules));
            }
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let (idle, sampled) = <(Mutex<Vec<Worker>>, Mutex<Sampled>)>::default();
        Self { pack: pack.clone(), paths, by_id, quarantined, plans, threads, idle, sampled }
    }

    /// The same engine on so many threads instead of one per core.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// The pack it evaluates.
    #[must_use]
    pub const fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The rules that judge resources of this type, in the order of their ids.
    pub fn rules_of(&self, of: ResourceType) -> impl Iterator<Item = &Rule> {
        let sound = self.plans.get(&of).map(|plan| plan.rules.as_slice()).unwrap_or_default();
        let mut positions: Vec<usize> = sound.iter().chain(self.unusable(of)).copied().collect();
        positions.sort_unstable();
        positions.into_iter().map(|position| &self.pack.rules[position])
    }

    fn unusable(&self, of: ResourceType) -> &[usize] {
        self.quarantined.get(&of).map(Vec::as_slice).unwrap_or_default()
    }

    /// Rules that only the interpreter can run, by id.
    #[must_use]
    pub fn interpreted(&self) -> BTreeSet<&RuleId> {
        let left = |plan: &Plan| {
            let compiled = plan.compiled(&self.pack);
            let left = plan.rules.iter().enumerate().filter(|(at, _)| !compiled.contains(at));
            left.map(|(_, &position)| position).collect::<Vec<_>>()
        };
        self.plans.values().flat_map(left).map(|position| &self.pack.rules[position].id).collect()
    }

    /// Evaluates every rule on every resource of its types.
    #[must_use]
    pub fn evaluate(&self, resources: &[&Resource], now: Timestamp) -> Evaluated {
        let all = |resource: &Resource| self.plans.get(&resource.resource_type).map_or(0, |plan| plan.rules.len());
        let tasks: Vec<Task<'_>> = resources
            .iter()
            .filter(|resource| all(resource) > 0)
            .map(|&resource| Task { resource, rules: (0..all(resource)).collect(), sampled: false })
            .collect();
        let unusable = resources.iter().flat_map(|resource| {
            self.unusable(resource.resource_type).iter().map(|&position| self.unknown(resource, position))
        });
        self.conclude(self.run(tasks, now, Recheck::Sample), unusable.collect())
    }

    /// What the compiled form of one rule says about a resource, run together with all rules of
    /// its type.
    pub(super) fn together(&self, resource: &Resource, rule: &RuleId, now: Timestamp) -> Option<Verdict> {
        let rules = (0..self.plans.get(&resource.resource_type)?.rules.len()).collect();
        let outcome = self.run(vec![Task { resource, rules, sampled: false }], now, Recheck::Nothing);
        let evaluated = self.conclude(outcome, Vec::new());
        evaluated.evaluations.into_iter().find(|found| found.rule == *rule).map(|found| found.verdict)
    }

    /// Evaluates the given rules only, for a scan that knows what has not changed.
    #[must_use]
    pub fn evaluate_jobs(&self, jobs: &[Job<'_>], now: Timestamp) -> Evaluated {
        let tasks = jobs.iter().filter_map(|job| {
            let plan = self.plans.get(&job.resource.resource_type)?;
            let position = |id: &&RuleId| plan.rules.binary_search(self.by_id.get(*id)?).ok();
            let mut rules: Vec<usize> = job.rules.iter().filter_map(position).collect();
            rules.sort_unstable();
            rules.dedup();
            (!rules.is_empty()).then_some(Task { resource: job.resource, rules, sampled: false })
        });
        let unusable = jobs.iter().flat_map(|job| {
            let asked = |&&position: &&usize| job.rules.contains(&&self.pack.rules[position].id);
            let positions = self.unusable(job.resource.resource_type).iter().filter(asked);
            positions.map(|&position| self.unknown(job.resource, position))
        });
        self.conclude(self.run(tasks.collect(), now, Recheck::Sample), unusable.collect())
    }

    /// The evaluation of a rule in quarantine; the cause is told by [`Self::conclude`].
    fn unknown(&self, resource: &Resource, position: usize) -> Evaluation {
        let rule = &self.pack.rules[position];
        let verdict = Verdict::Unknown { causes: Vec::new() };
        Evaluation { rule: rule.id.clone(), severity: rule.severity, resource: ResourceKey::from(resource), verdict }
    }

    fn run(&self, mut tasks: Vec<Task<'_>>, now: Timestamp, recheck: Recheck) -> Outcome {
        let day = now.to_zoned(TimeZone::UTC).date();
        let now = format!("{day}T00:00:00Z");
        if recheck == Recheck::Sample {
            self.sampled.lock().unwrap_or_else(PoisonError::into_inner).mark(&mut tasks, &now);
        }
        let call = Call {
            queues: Queues::of(tasks.iter().map(|task| (task.resource.resource_type, task.rules.len()))),
            distrusted: self.pack.rules.iter().map(|_| AtomicUsize::new(usize::MAX)).collect(),
            now,
        };
        let threads = self.threads.min(call.queues.width()).max(1);
        let mut outcome = Outcome::default();
        std::thread::scope(|scope| {
            let spawn = |_| {
                let thread = std::thread::Builder::new().name("evaluate".to_owned()).stack_size(STACK);
                thread.spawn_scoped(scope, || self.work(&tasks, &call))
            };
            let workers: Vec<_> = (0..threads).map(spawn).collect();
            if workers.iter().all(Result::is_err) {
                outcome = self.work(&tasks, &call);
            }
            for worker in workers.into_iter().flatten() {
                match worker.join() {
                    Ok(other) => outcome.merge(other),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        outcome
    }

    fn work(&self, tasks: &[Task<'_>], call: &Call) -> Outcome {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut worker = idle.unwrap_or_default();
        let mut outcome = Outcome::default();
        call.queues.drain(&worker.compiled_types(), |index| {
            self.task(&mut worker, (index, &tasks[index]), call, &mut outcome);
        });
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        outcome
    }

    fn task(&self, worker: &mut Worker, (index, task): (usize, &Task<'_>), call: &Call, outcome: &mut Outcome) {
        let resource = task.resource;
        if let Some(since) = resource.stale_since {
            let causes = vec![format!("not listed since {since}")];
            outcome.add(self, task, |_, _| Verdict::Unknown { causes: causes.clone() });
            return;
        }
        let document = resource.document();
        if size(&document) > MAX_DOCUMENT {
            let causes = vec![format!("the document is larger than {} MiB", MAX_DOCUMENT / 1024 / 1024)];
            outcome.add(self, task, |_, _| Verdict::Unknown { causes: causes.clone() });
            return;
        }
        let unknown = resource.unknown_places(&document);
        outcome.evaluated += task.rules.len();
        let Some(plan) = self.plans.get(&resource.resource_type) else { return };
        // A rule that cannot be trusted on an earlier resource may be one that takes its time.
        let (trusted, others) = task.rules.iter().partition(|&&at| call.trusts(plan.rules[at], index));
        let others = Task { resource, rules: others, sampled: false };
        outcome.add(self, &others, |_, _| Verdict::Unknown { causes: Vec::new() });
        let task = &Task { resource, rules: trusted, sampled: task.sampled };
        let denied = match Input::new(&document, &call.now) {
            Ok(input) => worker.denied(self, task, &document, &input, &mut outcome.rechecked),
            Err(error) => task.rules.iter().map(|_| Err(format!("the document cannot be read: {error}"))).collect(),
        };
        let mut denied = denied.into_iter();
        let mut suspects = Vec::new();
        outcome.add(self, task, |rule, at| match denied.next() {
            Some(Ok(denials)) => verdict::judge(&rule.reads, denials, &document, &unknown),
            other => {
                let reason = other.and_then(Result::err).unwrap_or_else(|| "it was not evaluated".to_owned());
                call.distrust(plan.rules[at], index);
                suspects.push((rule.id.clone(), index, format!("{reason} (on {})", resource.id)));
                Verdict::Unknown { causes: Vec::new() }
            }
        });
        outcome.suspects.append(&mut suspects);
    }

    /// Sorts, and makes every evaluation of a suspect rule unknown.
    fn conclude(&self, mut outcome: Outcome, unusable: Vec<Evaluation>) -> Evaluated {
        outcome.evaluations.extend(unusable);
        outcome.suspects.sort();
        let mut reasons: BTreeMap<RuleId, String> = self.pack.quarantined.clone();
        for (rule, _, reason) in outcome.suspects {
            reasons.entry(rule).or_insert(reason);
        }
        if !reasons.is_empty() {
            for evaluation in &mut outcome.evaluations {
                if let Some(reason) = reasons.get(&evaluation.rule) {
                    let cause = format!("the rule cannot be trusted: {reason}");
                    evaluation.verdict = Verdict::Unknown { causes: vec![cause] };
                }
            }
        }
        outcome.evaluations.sort_by(|a, b| (&a.resource, &a.rule).cmp(&(&b.resource, &b.rule)));
        Evaluated {
            evaluations: outcome.evaluations,
            suspects: reasons.into_iter().map(|(rule, reason)| Suspect { rule, reason }).collect(),
            evaluated: outcome.evaluated,
            rechecked: outcome.rechecked,
        }
    }
}

/// What the interpreter evaluates too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recheck {
    /// The first resources of each type, and some of the others.
    Sample,
    /// What the machine lacks.
    Nothing,
}

/// What the threads of one call share.
struct Call {
    queues: Queues,
    /// By rule: the first task on which it erred.
    distrusted: Vec<AtomicUsize>,
    now: String,
}

impl Call {
    /// Whether a rule has still to be run: it has not erred on an earlier task. What is found on
    /// the first task on which it errs is the same on any number of threads.
    fn trusts(&self, rule: usize, task: usize) -> bool {
        self.distrusted.get(rule).is_none_or(|first| first.load(Ordering::Relaxed) > task)
    }

    fn distrust(&self, rule: usize, task: usize) {
        if let Some(first) = self.distrusted.get(rule) {
            first.fetch_min(task, Ordering::Relaxed);
        }
    }
}

/// One resource, and positions in its type's plan.
pub(super) struct Task<'a> {
    pub(super) resource: &'a Resource,
    pub(super) rules: Vec<usize>,
    /// Whether the interpreter evaluates it too.
    pub(super) sampled: bool,
}

impl Sampled {
    /// Marks the first resources of each type and one in a hundred of the others; which of the
    /// others depends on their ids and on the day only.
    fn mark(&mut self, tasks: &mut [Task<'_>], day: &str) {
        if self.day != day {
            *self = Self { day: day.to_owned(), of: HashMap::new() };
        }
        for task in tasks.iter_mut().filter(|task| task.resource.stale_since.is_none()) {
            let seen = self.of.entry(task.resource.resource_type).or_default();
            *seen += 1;
            task.sampled = *seen <= SAMPLED_FIRST || {
                let mut hasher = blake3::Hasher::new();
                hasher.update(day.as_bytes()).update(task.resource.id.as_str().as_bytes());
                let mut first = [0; 8];
                first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
                u64::from_le_bytes(first) % SAMPLED_ONE_IN == 0
            };
        }
    }
}

/// About how many bytes the document takes as text.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + size(value) + 4).sum::<usize>() + 2,
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}

/// What one thread found.
#[derive(Default)]
struct Outcome {
    evaluations: Vec<Evaluation>,
    /// With the position of the resource, so that the first one counts.
    suspects: Vec<(RuleId, usize, String)>,
    evaluated: usize,
    rechecked: usize,
}

impl Outcome {
    fn add(&mut self, engine: &Engine, task: &Task<'_>, mut verdict: impl FnMut(&Rule, usize) -> Verdict) {
        let Some(plan) = engine.plans.get(&task.resource.resource_type) else { return };
        let key = ResourceKey::from(task.resource);
        for &at in &task.rules {
            let rule = &engine.pack.rules[plan.rules[at]];
            let verdict = verdict(rule, at);
            let resource = key.clone();
            self.evaluations.push(Evaluation { rule: rule.id.clone(), severity: rule.severity, resource, verdict });
        }
    }

    fn merge(&mut self, mut other: Self) {
        self.evaluations.append(&mut other.evaluations);
        self.suspects.append(&mut other.suspects);
        self.evaluated += other.evaluated;
        self.rechecked += other.rechecked;
    }
}
