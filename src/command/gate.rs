//! `plimsoll gate`: a Terraform plan, judged before it is applied.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use plimsoll::drift::Pairs;
use plimsoll::exit::Exit;
use plimsoll::gate::{self, Decision, Failures, Filled, Moved, OnUnknown, Outcome, Policy, Remark, Request, Side};
use plimsoll::model::{Evaluation, ResourceKey, Snapshot, SourcePlace};
use plimsoll::report::judgement::Judgement;
use plimsoll::report::{GateOutcome, Report, github, gitlab, junit, markdown, sarif, told};
use plimsoll::scan::Judge;
use plimsoll::source::file;
use plimsoll::source::terraform::{Filling, Plan, read_plan};
use plimsoll::{facts, report};

use super::{WrongArgument, clock, existing_ledger, fail_on, load_config_with, print, print_text};
use crate::cli::{Common, Format, GateArgs, GateFormat};

pub(super) async fn run(common: &Common, arguments: &GateArgs) -> anyhow::Result<Exit> {
    let config = load_config_with(common, &arguments.judged_by)?;
    let (judge, plan) = side_by_side(|| Judge::configured(&config), || plan_of(&arguments.plan))?;
    let (judge, plan) = (judge?, plan?);
    let fail_on = fail_on(&config, arguments.fail_on.as_ref())?;
    let live = live_of(arguments).await?;
    // A state has nothing before it that a failure could be old beside.
    let all = arguments.all || plan.is_state();
    if arguments.new_only && plan.is_state() {
        return Err(WrongArgument {
            argument: "--new-only",
            problem: "this is a state, in which nothing is new".to_owned(),
            help: "leave it out, or judge a plan",
        }
        .into());
    }
    let policy = Policy {
        fail_on,
        failures: if all { Failures::All } else { Failures::New },
        unknown: if arguments.deny_unknown { OnUnknown::Deny } else { OnUnknown::List },
    };
    let decision = decide(&plan, live.as_ref(), &judge, policy)?;
    let declared = declared(arguments, &plan, &decision)?;
    write(common, arguments, &judge, &decision, &declared)?;
    Ok(match decision.outcome {
        Outcome::Allowed => Exit::Success,
        Outcome::Denied => Exit::Findings,
        Outcome::Incomplete => Exit::Incomplete,
    })
}

/// The stack of a thread that reads or judges: the one that a program begins with.
const STACK: usize = 8 * 1024 * 1024;

/// Does two things at once.
fn side_by_side<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> anyhow::Result<(A, B)> {
    std::thread::scope(|scope| {
        let first = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, first);
        let first = first.context("cannot start a thread")?;
        let second = second();
        Ok((first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second))
    })
}

fn plan_of(path: &Path) -> anyhow::Result<Plan> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        bytes
    } else {
        std::fs::read(path).with_context(|| format!("cannot read the plan {}", path.display()))?
    };
    read_plan(&bytes).with_context(|| format!("cannot read the plan {}", path.display()))
}

/// A scan to fill from, and what it is called.
struct Live {
    from: String,
    snapshot: Snapshot,
}

/// The scan that the command line names. The ledger of the configuration is not used unasked: it may
/// be of other accounts, and older than anybody knows.
async fn live_of(arguments: &GateArgs) -> anyhow::Result<Option<Live>> {
    if let Some(path) = &arguments.snapshot {
        return Ok(Some(Live { from: format!("snapshot {}", path.display()), snapshot: file::read(path)? }));
    }
    let Some(place) = &arguments.ledger else { return Ok(None) };
    let ledger = existing_ledger(place).await?;
    let last = ledger.previous_snapshot().await?;
    ledger.close().await;
    let snapshot =
        last.with_context(|| format!("the ledger {place} has no scan yet\nhelp: run plimsoll scan first"))?;
    Ok(Some(Live { from: format!("ledger {place}"), snapshot }))
}

/// Both sides of the plan through the same facts, rules and waivers as a scan.
fn decide(plan: &Plan, live: Option<&Live>, judge: &Judge, policy: Policy) -> anyhow::Result<Decision> {
    let now = clock();
    let (before, after, filling) = if let Some(live) = live {
        plan.snapshots_beside(&live.snapshot, now)
    } else {
        let (before, after) = plan.snapshots(now);
        (before, after, Filling::default())
    };
    let beside = &filling.beside;
    let (before, after) = side_by_side(|| Derived::of(before, beside), || Derived::of(after, beside))?;
    let before = Judged::of(before, judge, None);
    let after = Judged::of(after, judge, Some(&before));
    let mut incomplete: Vec<String> = plan.incomplete().iter().map(ToString::to_string).collect();
    // A gate that is without a rule does not say that nothing speaks against the change.
    incomplete.extend(judge.lost().iter().map(|lost| format!("a rule is missing: {}", lost.cause)));
    incomplete.extend(judge.quarantined().iter().map(|(rule, cause)| format!("rule {rule} cannot be used: {cause}")));
    let pairs = Pairs::of(&before.snapshot, &after.snapshot);
    let mut decision = gate::decide(&Request {
        before: before.side(),
        after: after.side(),
        changed: &plan.changed(),
        incomplete: &incomplete,
        moved: Moved(&|before, after| pairs.change(before, after)),
        policy,
    });
    decision.filled = live.map(|live| Filled {
        from: live.from.clone(),
        taken_at: live.snapshot.taken_at,
        age_seconds: now.duration_since(live.snapshot.taken_at).as_secs(),
        places: filling.places,
        resources: filling.resources,
        beside: filling.beside.len(),
        notes: filling.notes,
    });
    // A state is not asked what it changes.
    decision.remark = decision.remark.filter(|remark| !plan.is_state() || *remark != Remark::NothingChanges);
    let redaction = plan.redaction();
    decision.map_messages(|address, places, text| redaction.redact_about(address, places.iter().copied(), text));
    decision.map_texts(|text| redaction.redact(text));
    for reason in &mut decision.incomplete {
        *reason = redaction.redact(reason);
    }
    Ok(decision)
}

/// One side of a plan with its facts, and its buckets once more without what protects them from
/// outside.
struct Derived {
    snapshot: Snapshot,
    unprotected: Option<Snapshot>,
}

impl Derived {
    /// What is beside the plan is there for facts alone.
    fn of(mut snapshot: Snapshot, beside: &BTreeSet<ResourceKey>) -> Self {
        facts::derive(&mut snapshot);
        let mut unprotected = gate::unprotected(&snapshot);
        if let Some(unprotected) = &mut unprotected {
            facts::derive_of(unprotected, gate::is_protected);
            unprotected.resources.retain(|resource| gate::is_protected(resource.resource_type));
        }
        if !beside.is_empty() {
            for snapshot in std::iter::once(&mut snapshot).chain(&mut unprotected) {
                snapshot.resources.retain(|resource| !beside.contains(&ResourceKey::from(resource)));
            }
        }
        Self { snapshot, unprotected }
    }
}

/// One side of a plan with everything that is said about it.
struct Judged {
    snapshot: Snapshot,
    evaluations: Vec<Evaluation>,
    exposed: Vec<Evaluation>,
}

impl Judged {
    /// What is said about the resources of the plan. What an earlier side has alike is not judged
    /// again.
    fn of(derived: Derived, judge: &Judge, earlier: Option<&Self>) -> Self {
        let Derived { snapshot, unprotected } = derived;
        let known = earlier.map(|earlier| (&earlier.snapshot, earlier.evaluations.as_slice()));
        let nothing = Snapshot::empty(snapshot.taken_at);
        let evaluations = judge.judge_beside(&snapshot, known.unwrap_or((&nothing, &[])));
        let exposed = unprotected.map(|unprotected| judge.judge_beside(&unprotected, (&snapshot, &[])));
        Self { snapshot, evaluations, exposed: exposed.unwrap_or_default() }
    }

    fn side(&self) -> Side<'_> {
        Side { resources: &self.snapshot.resources, evaluations: &self.evaluations, exposed: &self.exposed }
    }
}

/// Where the resources of the findings are declared, by address; empty when nobody asks.
fn declared(arguments: &GateArgs, plan: &Plan, decision: &Decision) -> anyhow::Result<BTreeMap<String, SourcePlace>> {
    let Some(source) = &arguments.source else { return Ok(BTreeMap::new()) };
    // A reader of the output knows the files by their place in the repository.
    let here = std::env::current_dir().unwrap_or_default();
    let folder = source.strip_prefix(&here).unwrap_or(source);
    let addresses = decision.findings.iter().map(|finding| finding.address.as_str());
    let found = plan.source_places(folder, addresses);
    let mut found = found.with_context(|| format!("cannot read the folder {} of --source", source.display()))?;
    let redaction = plan.redaction();
    for declared in found.values_mut() {
        declared.file = redaction.redact(&declared.file);
    }
    Ok(found)
}

/// The plan's file, for readers that take no finding without one.
fn file_of(plan: &Path) -> Cow<'_, str> {
    if plan == Path::new("-") { Cow::Borrowed("plan.json") } else { plan.to_string_lossy() }
}

fn write(
    common: &Common,
    arguments: &GateArgs,
    judge: &Judge,
    decision: &Decision,
    declared: &BTreeMap<String, SourcePlace>,
) -> anyhow::Result<()> {
    let judgements = || {
        let planned = decision.findings.iter().filter_map(Judgement::of_planned);
        let placed = planned.map(|one| Judgement { declared: declared.get(one.place()).cloned(), ..one });
        placed.collect::<Vec<_>>()
    };
    let format = arguments.output.unwrap_or(match common.format {
        Format::Table | Format::Csv => GateFormat::Table,
        Format::Json => GateFormat::Json,
    });
    match format {
        GateFormat::Table => print(common, &Report::Gate(GateOutcome { decision, rules: judge.rules() })),
        GateFormat::Json => {
            // Standard output by itself is written line by line.
            let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
            let gate = Report::Gate(GateOutcome { decision, rules: judge.rules() });
            report::json::write(&gate, clock(), &mut out)?;
            out.flush().context("cannot write to standard output")
        }
        GateFormat::Sarif => {
            let log = sarif::render(&judgements(), judge.rules(), &file_of(&arguments.plan));
            print_text(&serde_json::to_string_pretty(&sarif::with_decision(log, decision))?)
        }
        GateFormat::Junit => {
            let suites =
                junit::render(&judgements(), judge.rules(), &decision.incomplete, &told::properties(decision))?;
            print_text(&String::from_utf8(suites)?)
        }
        GateFormat::Github => print_text(&github::render(decision, &judgements(), judge.rules())),
        GateFormat::Markdown => print_text(&markdown::render(decision, &judgements(), judge.rules())),
        GateFormat::Gitlab => {
            let file = file_of(&arguments.plan);
            let issues = gitlab::render(&judgements(), judge.rules(), &decision.incomplete, &file);
            print_text(&serde_json::to_string_pretty(&issues)?)
        }
    }
}
